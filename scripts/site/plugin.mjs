// For TypeDoc: puts exports into categories, which are the headings of their entry point; and names documents by their heading.
import { readFileSync } from 'node:fs';
import { Application, Comment, CommentTag, Converter, ReflectionKind, Renderer } from 'typedoc';

const GUIDES = 'Guides';
const API = 'API';
const PROJECT = 'Project';

/** @param {import('typedoc').Application} app */
export function load(app) {
  const entryPoints = () => app.options.getValue('entryPoints').map(headingsOf);

  app.on(Application.EVENT_BOOTSTRAP_END, () => {
    const headings = entryPoints().flatMap((found) => found.map(({ heading }) => heading));
    app.options.setValue('categoryOrder', [GUIDES, API, PROJECT, ...headings]);
  });

  // A document has the address of its file, `documents/framing.html`, and later the name that its heading gives it.
  const names = new Map();
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, document) => {
    const heading = /^\s*# (.*)\n/.exec(document.content[0]?.text ?? '')?.[1];
    if (heading !== undefined) names.set(document, heading);
    putInto(document, document.name.startsWith('docs/') ? GUIDES : PROJECT);
    document.name = document.name.replace('docs/', '');
  });
  app.renderer.on(Renderer.EVENT_BEGIN, () => {
    for (const [document, name] of names) document.name = name;
  });

  // Before TypeDoc collects the categories.
  const first = 1000;
  app.converter.on(
    Converter.EVENT_RESOLVE_BEGIN,
    ({ project }) => {
      const modules = project.getChildrenByKind(ReflectionKind.Module);
      for (const [i, found] of entryPoints().entries()) {
        putInto(modules[i], API);
        for (const child of modules[i].children ?? []) {
          const heading = found.find(({ names }) => names.includes(child.name))?.heading;
          if (heading === undefined) app.logger.warn(`${child.name} has no heading in ${modules[i].name}`);
          else for (const reflection of child.signatures ?? [child]) putInto(reflection, heading);
        }
      }
    },
    first,
  );
}

function putInto(reflection, category) {
  reflection.comment ??= new Comment();
  reflection.comment.blockTags.push(new CommentTag('@category', [{ kind: 'text', text: category }]));
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
