import { documentOf, type Group, groupsOf } from './layout.ts';
import { llmsText, wholeText } from './llms.ts';
import { escaped, type Page, readPage } from './page.ts';
import { isPage, placeOf, relativeTo, resolved } from './paths.ts';
import { referencePages } from './reference.ts';
import { searchIndex } from './search-index.ts';

export type Site = {
  /** By their places on the site. */
  readonly files: ReadonlyMap<string, string>;
  /** With any of these there is no site. */
  readonly problems: readonly string[];
};

const EXTERNAL = /^[a-z]+:/;

/** All of the site from the files of the repository; a link that leads nowhere is a problem. */
export function buildSite(repository: ReadonlyMap<string, string>): Site {
  const made = new Map([...repository, ...referencePages(repository)]);
  const pages = [...made]
    .filter(([path]) => isPage(path))
    .sort(([one], [other]) => (rank(one) + one < rank(other) + other ? -1 : 1))
    .map(([path, markdown]) => readPage(path, markdown));
  const known = new Map(pages.map((page) => [page.path, page]));
  const problems = pages.flatMap((page) => [
    ...page.problems.map((says) => `${page.path}: ${says}`),
    ...page.links.flatMap((href) => brokenLink({ page, href, made, known })),
  ]);
  const groups = groupsOf(pages);
  const files = new Map<string, string>();
  for (const page of pages) files.set(placeOf(page.path) ?? '', pageText(page, groups));
  for (const folder of ['decisions', 'reference']) {
    files.set(`${folder}/index.html`, listText(folder, groups));
  }
  for (const [path, text] of made) {
    const place = placeOf(path);
    if (place !== undefined && !isPage(path)) files.set(place, text);
  }
  files.set('search-index.json', searchIndex(pages));
  files.set('llms.txt', llmsText(groups));
  files.set('llms-full.txt', wholeText(pages));
  return { files, problems };
}

const FIRST = ['README.md', 'docs/ARCHITECTURE.md', 'docs/GLOSSARY.md', 'docs/THREAT-MODEL.md'];

function rank(path: string): string {
  const at = FIRST.indexOf(path);
  return String(at === -1 ? FIRST.length : at);
}

type Linking = {
  readonly page: Page;
  readonly href: string;
  readonly made: ReadonlyMap<string, string>;
  readonly known: ReadonlyMap<string, Page>;
};

function brokenLink({ page, href, made, known }: Linking): readonly string[] {
  if (EXTERNAL.test(href)) return [];
  const { path, fragment } = resolved(page.path, href);
  const at = page.markdown.indexOf(`](${href}`);
  const line = page.markdown.slice(0, at).split('\n').length;
  const say = (says: string): readonly string[] => [`${page.path}:${line}: ${href} ${says}`];
  const isFolder = [...made.keys()].some((each) => each.startsWith(`${path}/`));
  if (!made.has(path) && !isFolder) return say('leads to nothing');
  const target = known.get(path);
  if (fragment === '' || target === undefined) return [];
  const isThere = target.headings.some(({ id }) => id === fragment);
  return isThere ? [] : say('leads to no heading');
}

function pageText(page: Page, groups: readonly Group[]): string {
  const place = placeOf(page.path) ?? '';
  const body = page.body((href) => {
    if (EXTERNAL.test(href)) return href;
    const { path, fragment } = resolved(page.path, href);
    const to = placeOf(path);
    if (to === undefined) return undefined;
    const hash = fragment === '' ? '' : `#${fragment}`;
    return to === place && hash !== '' ? hash : relativeTo(place, to) + hash;
  });
  return documentOf({ place, title: page.title, body, groups });
}

function listText(folder: string, groups: readonly Group[]): string {
  const place = `${folder}/index.html`;
  const title = folder === 'decisions' ? 'Decisions' : 'Reference';
  const items = (groups.find((group) => group.title === title)?.pages ?? []).map((page) => {
    const to = relativeTo(place, placeOf(page.path) ?? '');
    return `<li><a href="${to}">${escaped(page.title)}</a></li>`;
  });
  const body = `<h1 id="${folder}">${title}</h1>\n<ul>\n${items.join('\n')}\n</ul>\n`;
  return documentOf({ place, title, body, groups });
}
