// For TypeDoc: exports are in categories by the headings of their entry point, documents are named by their own heading.
import { readFileSync } from 'node:fs';
import { Application, Comment, CommentTag, Converter, ReflectionKind } from 'typedoc';

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.on(Application.EVENT_BOOTSTRAP_END, () => {
    const entryPoints = app.options.getValue('entryPoints');
    app.options.setValue(
      'categoryOrder',
      entryPoints.flatMap((path) => headingsOf(path)).map(({ heading }) => heading),
    );
  });

  // Before TypeDoc puts them into their categories.
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => categorize(app, project), 1000);

  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, document) => {
    const [first] = document.content;
    const heading = /^\s*# (.*)\n/.exec(first?.text ?? '');
    if (heading !== null) document.name = heading[1];
  });
}

function categorize(app, project) {
  const paths = app.options.getValue('entryPoints');
  const headings = new Map(
    paths.flatMap((path) => headingsOf(path)).flatMap(({ heading, names }) => names.map((name) => [name, heading])),
  );
  for (const module of project.getChildrenByKind(ReflectionKind.Module)) {
    for (const child of module.children ?? []) {
      const heading = headings.get(child.name);
      if (heading === undefined) {
        app.logger.warn(`${child.name} has no heading in its entry point`);
        continue;
      }
      for (const reflection of child.signatures ?? [child]) {
        reflection.comment ??= new Comment();
        reflection.comment.blockTags.push(new CommentTag('@category', [{ kind: 'text', text: heading }]));
      }
    }
  }
}

/** The headings of an entry point, `// Reading`, each with the names that are exported below it. */
function headingsOf(path) {
  const found = [];
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const [, heading] = /^\/\/ (.*?)\.?$/.exec(line) ?? [];
    if (heading !== undefined) found.push({ heading, names: [] });
    else
      for (const [name] of line.replace(/'.*'/, '').matchAll(/\b(?!export\b|type\b|from\b)\w+/g))
        found.at(-1)?.names.push(name);
  }
  return found;
}
