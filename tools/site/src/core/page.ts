import { Marked, type Token, type Tokens } from 'marked';

export type Heading = { readonly level: number; readonly id: string; readonly text: string };

/** What stands between one heading and the next, in plain words. */
export type Section = { readonly heading: Heading; readonly text: string };

export type Page = {
  /** In the repository. */
  readonly path: string;
  readonly title: string;
  readonly headings: readonly Heading[];
  readonly sections: readonly Section[];
  readonly links: readonly string[];
  /** The first sentence of it. */
  readonly about: string;
  readonly problems: readonly string[];
  /** Its body, with every link as `linked` has it. */
  readonly body: (linked: Linked) => string;
  readonly markdown: string;
};

/** Where a link leads from here; undefined where it leads to nothing that is on the site. */
export type Linked = (href: string) => string | undefined;

export function escaped(text: string): string {
  const names: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot' };
  return text.replace(/[&<>"]/g, (each) => `&${names[each]};`);
}

/** As repositories show them, so that a link to a heading holds here and there. */
function slugOf(text: string): string {
  const kept = text.toLowerCase().replace(/[^\p{L}\p{N}\p{M}\s_-]/gu, '');
  return kept.trim().replace(/\s/g, '-');
}

/** What a page says to those who execute its blocks, and to nobody who reads it. */
const DECLARED = /^<!-- run: (?:(?!-->)[\s\S])*-->\n/gm;

export function readPage(path: string, source: string): Page {
  const markdown = source.replace(DECLARED, (said) => said.replace(/[^\n]/g, ''));
  const tokens = new Marked().lexer(markdown);
  const headings = headingsIn(tokens);
  const [first] = headings;
  const links: string[] = [];
  const problems = headingProblems(headings);
  walk(tokens, (token) => {
    if (token.type === 'link') links.push(String(token['href']));
    if (token.type === 'image') problems.push('holds an image, of which the site has none');
    if (token.type === 'html') problems.push(`holds HTML: ${token.raw.trim()}`);
  });
  return {
    path,
    title: first?.text ?? path,
    headings,
    sections: sectionsOf(tokens, headings),
    links,
    about: aboutOf(tokens),
    problems,
    body: (linked) => bodyOf(markdown, headings, linked),
    markdown,
  };
}

function aboutOf(tokens: readonly Token[]): string {
  const first = tokens.find(({ type }) => type === 'paragraph');
  const [sentence = ''] = first === undefined ? [] : plain([first]).split(/(?<=\.)\s/);
  return sentence.replace(/\s+/g, ' ');
}

function walk(tokens: readonly Token[], see: (token: Token) => void): void {
  const marked = new Marked();
  marked.walkTokens([...tokens], see);
}

function headingsIn(tokens: readonly Token[]): readonly Heading[] {
  const used = new Map<string, number>();
  return tokens.filter(isHeading).map(({ depth, tokens: inner }) => {
    const text = plain(inner);
    const slug = slugOf(text);
    const before = used.get(slug) ?? 0;
    used.set(slug, before + 1);
    return { level: depth, id: before === 0 ? slug : `${slug}-${before}`, text };
  });
}

const isHeading = (token: Token): token is Tokens.Heading => token.type === 'heading';

function headingProblems(headings: readonly Heading[]): string[] {
  const tops = headings.filter(({ level }) => level === 1).length;
  const problems = tops === 1 ? [] : [`has ${tops} headings of the first level, not one`];
  for (const [at, { level, text }] of headings.entries()) {
    const before = headings[at - 1]?.level ?? 0;
    if (level > before + 1) problems.push(`leaves out a level of headings before: ${text}`);
  }
  return problems;
}

/** What is read aloud of it. */
function plain(tokens: readonly Token[] = []): string {
  return tokens
    .map((token) => {
      const inner = (token as { readonly tokens?: readonly Token[] }).tokens;
      if (inner !== undefined && inner.length > 0) return plain(inner);
      if (token.type === 'br') return ' ';
      return unescaped('text' in token ? String(token.text) : '');
    })
    .join('');
}

function unescaped(text: string): string {
  const letters: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' };
  return text
    .replace(/&(amp|lt|gt|quot);/g, (_, name: string) => letters[name] ?? '')
    .replace(/&#39;/g, "'");
}

function sectionsOf(tokens: readonly Token[], headings: readonly Heading[]): readonly Section[] {
  const texts: string[][] = headings.map(() => []);
  let at = -1;
  for (const token of tokens) {
    if (isHeading(token)) at += 1;
    else texts[at]?.push(wordsOf(token));
  }
  return headings.map((heading, place) => {
    const text = (texts[place] ?? []).join(' ').replace(/\s+/g, ' ').trim();
    return { heading, text };
  });
}

function wordsOf(token: Token): string {
  if (token.type === 'table') {
    const { header, rows } = token as Tokens.Table;
    return [header, ...rows]
      .flat()
      .map((cell) => plain(cell.tokens))
      .join(' ');
  }
  if (token.type === 'list') {
    return (token as Tokens.List).items.map((item) => item.tokens.map(wordsOf).join(' ')).join(' ');
  }
  return plain([token]);
}

function bodyOf(markdown: string, headings: readonly Heading[], linked: Linked): string {
  let at = 0;
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth }) {
        const { id = '' } = headings[at] ?? {};
        at += 1;
        const said = this.parser.parseInline(tokens);
        const anchor = depth === 1 ? '' : ` <a class="anchor" href="#${id}">${HASH}</a>`;
        return `<h${depth} id="${id}">${said}${anchor}</h${depth}>\n`;
      },
      link({ href, tokens }) {
        const said = this.parser.parseInline(tokens);
        const to = linked(href);
        const title = escaped(href);
        if (to === undefined) return `<span class="repository" title="${title}">${said}</span>`;
        return `<a href="${escaped(to)}">${said}</a>`;
      },
      // Long lines are scrolled to by keyboard too.
      code({ text, lang = '' }) {
        const said = `${escaped(text)}\n`;
        return `<pre tabindex="0"><code data-language="${escaped(lang)}">${said}</code></pre>\n`;
      },
      html: ({ text }) => escaped(text),
    },
  });
  const html = marked.parse(markdown, { async: false });
  // A column without a name has no head to read out.
  const named = html.replace(/<th><\/th>/g, '<td></td>');
  return named.replace(/<table>/g, TABLE).replace(/<\/table>/g, '</table></div>');
}

const HASH = '<span aria-hidden="true">#</span><span class="unseen">to this place</span>';
const TABLE = '<div class="wide" tabindex="0" role="group" aria-label="table"><table>';
