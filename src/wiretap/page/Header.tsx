import type { Viewer } from './Viewer';

/** The name, the filter and the search, and what changes the view. */
export function Header({ viewer, onTheme }: { viewer: Viewer; onTheme: () => void }) {
  const { view, store } = viewer;
  const target = [...store.byId.values()].at(-1)?.target;
  const onFind = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') viewer.find(event.shiftKey ? -1 : 1);
  };
  return (
    <header class="head">
      <div class="brand">
        <svg width="26" height="20" viewBox="0 0 26 20" aria-hidden="true">
          <path d="M0 6h26M0 14h26" stroke="var(--faint)" stroke-width="1.5" />
          <circle cx="8" cy="6" r="4.5" fill="var(--to)" />
          <circle cx="18" cy="14" r="4.5" fill="var(--back)" />
        </svg>
        Wiretap
      </div>
      {target !== undefined && <span class="target">→ {target}</span>}
      <div class="fields">
        <input
          id="filter"
          type="search"
          placeholder="Filter: #3, reset"
          aria-label="Filter the connections"
          value={viewer.filter}
          onInput={(event) => viewer.setFilter(event.currentTarget.value)}
        />
        <input
          id="search"
          type="search"
          placeholder="Search text"
          aria-label="Search the text of the marbles"
          value={viewer.search}
          onInput={(event) => viewer.setSearch(event.currentTarget.value)}
          onKeyDown={onFind}
        />
      </div>
      <div class="actions">
        <button
          type="button"
          id="follow"
          class={view.following ? 'live' : 'frozen'}
          title="Follow or freeze (space)"
          onClick={() => viewer.follow(!view.following)}
        >
          {view.following ? '● Live' : '❚❚ Frozen'}
        </button>
        <button
          type="button"
          class="icon"
          title="Come closer (+)"
          aria-label="Zoom in"
          onClick={() => viewer.zoom(0.5)}
        >
          +
        </button>
        <button type="button" class="icon" title="Go back (−)" aria-label="Zoom out" onClick={() => viewer.zoom(2)}>
          −
        </button>
        <button type="button" title="Show everything (f)" onClick={() => viewer.fit()}>
          Fit
        </button>
        <button
          type="button"
          class="icon"
          id="theme"
          title="Dark or light (d)"
          aria-label="Dark or light"
          onClick={onTheme}
        >
          ◐
        </button>
        <button
          type="button"
          class="icon"
          id="help"
          title="Help (?)"
          aria-label="Help"
          onClick={() => viewer.showHelp(true)}
        >
          ?
        </button>
      </div>
    </header>
  );
}
