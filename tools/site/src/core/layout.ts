import { escaped, type Page } from './page.ts';
import { placeOf, relativeTo } from './paths.ts';

export type Group = { readonly title: string; readonly pages: readonly Page[] };

const CSP = [
  "default-src 'none'",
  ...["script-src 'self'", "style-src 'self'", "connect-src 'self'", "base-uri 'none'"],
  "form-action 'none'",
].join('; ');

/** Pages as they are found: what to begin with, then guides, reference and decisions. */
export function groupsOf(pages: readonly Page[]): readonly Group[] {
  const within = (folder: string): readonly Page[] => {
    return pages.filter(({ path }) => path.startsWith(`docs/${folder}/`));
  };
  const named = new Set(['guides', 'reference', 'decisions'].flatMap(within));
  const byTitle = (one: Page, other: Page): number => (one.title < other.title ? -1 : 1);
  return [
    { title: 'IOI', pages: pages.filter((page) => !named.has(page)) },
    { title: 'Guides', pages: within('guides').toSorted(byTitle) },
    { title: 'Reference', pages: within('reference').toSorted(byTitle) },
    { title: 'Decisions', pages: within('decisions') },
  ];
}

export type Shown = {
  readonly place: string;
  readonly title: string;
  readonly body: string;
  readonly groups: readonly Group[];
};

/** A whole document. Nothing in it is of another origin, and no script or style stands in it. */
export function documentOf({ place, title, body, groups }: Shown): string {
  const to = (path: string): string => relativeTo(place, path);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${CSP}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${escaped(title)} · IOI</title>
<link rel="stylesheet" href="${to('style.css')}">
<script type="module" src="${to('search.mjs')}"></script>
</head>
<body>
<a class="skip" href="#site-content">To the text</a>
<header>
<a class="home" href="${to('index.html')}">IOI</a>
<div role="search" data-index="${to('search-index.json')}" data-root="${rootOf(place)}">
<label for="site-search">Search</label>
<input id="site-search" type="search" autocomplete="off" aria-controls="site-found" hidden>
<ol id="site-found" aria-live="polite" aria-label="found" hidden></ol>
</div>
</header>
<nav aria-label="pages">
${groups.map((group) => groupText(group, place)).join('\n')}
</nav>
<main id="site-content" tabindex="-1">
${body}</main>
</body>
</html>
`;
}

const rootOf = (place: string): string => '../'.repeat(place.split('/').length - 1);

function groupText({ title, pages }: Group, place: string): string {
  const isHere = pages.some(({ path }) => placeOf(path) === place);
  const items = pages.map((page) => {
    const at = placeOf(page.path) ?? '';
    const current = at === place ? ' aria-current="page"' : '';
    return `<li><a href="${relativeTo(place, at)}"${current}>${escaped(page.title)}</a></li>`;
  });
  const open = isHere || title === 'IOI' || title === 'Guides' ? ' open' : '';
  return `<details${open}><summary>${title}</summary><ul>\n${items.join('\n')}\n</ul></details>`;
}
