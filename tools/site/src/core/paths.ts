/** Documents that are pages although they do not lie in `docs/`. */
const BESIDE = /^(README|CONTRIBUTING|SECURITY|apps\/(sdk|python)\/README)\.md$/;

export function isPage(path: string): boolean {
  return BESIDE.test(path) || (path.startsWith('docs/') && path.endsWith('.md'));
}

/** Where a file of the repository is on the site; undefined where it is not on it. */
export function placeOf(path: string): string | undefined {
  if (path === 'README.md') return 'index.html';
  if (path === 'docs/decisions' || path === 'docs/reference') return `${path.slice(5)}/index.html`;
  if (isPage(path)) return path.replace(/^docs\//, '').replace(/\.md$/, '.html');
  if (/^protocol\/schemas\/[^/]+\.json$/.test(path)) return path.replace('protocol/', '');
  return undefined;
}

/** From one place of the site to another, so that it can lie anywhere. */
export function relativeTo(from: string, to: string): string {
  const [here, there] = [from.split('/').slice(0, -1), to.split('/')];
  const different = here.findIndex((name, at) => name !== there[at]);
  const shared = different === -1 ? here.length : different;
  return [...here.slice(shared).map(() => '..'), ...there.slice(shared)].join('/');
}

/** What a link in a file means, as a path of the repository. */
export function resolved(from: string, href: string): { path: string; fragment: string } {
  const [target = '', fragment = ''] = href.split('#');
  if (target === '') return { path: from, fragment };
  const parts = from.split('/').slice(0, -1);
  for (const name of decodeURI(target).split('/')) {
    if (name === '..') parts.pop();
    else if (name !== '.' && name !== '') parts.push(name);
  }
  return { path: parts.join('/'), fragment };
}
