/** What a page declares about one of its blocks, in comments before the fence. */
export type Declared = {
  /** Why it is not executed. */
  readonly no?: string;
  /** Hidden preparation, in the same shell. */
  readonly before: readonly string[];
  /** What a placeholder stands for, as the shell has it. */
  readonly values: readonly { readonly text: string; readonly value: string }[];
  /** Beginnings of lines that go on by themselves until the page ends. */
  readonly behind: readonly string[];
  /** Beginnings of lines that are left out. */
  readonly without: readonly { readonly text: string; readonly why: string }[];
  /** Programs that not every machine has. */
  readonly needs: readonly string[];
  /** How its last command ends. */
  readonly exit: number;
};

/** A block for a shell. */
export type ShellBlock = {
  /** `docs/guides/a.md:12`, of its first line. */
  readonly place: string;
  readonly text: string;
  readonly declared: Declared;
};

export type DocumentPage = {
  readonly file: string;
  readonly blocks: readonly ShellBlock[];
  /** Texts of its other blocks: files that a reader would write. */
  readonly shown: readonly string[];
  /** Declarations that say nothing, or say it about nothing; `place: what`. */
  readonly problems: readonly string[];
};

const SHELLS: ReadonlySet<string> = new Set(['sh', 'bash', 'console']);
const FENCE = /((?:^<!--(?:(?!-->)[\s\S])*-->\s*\n)*)^```(\w*)\n([\s\S]*?)^```$/gm;
const COMMENT = /<!-- run: ([\s\S]*?) ?-->/g;
const NOTHING: Declared = {
  ...{ before: [], values: [], behind: [], without: [], needs: [] },
  exit: 0,
};

/** A page as its source has it. */
export function readDocument(file: string, markdown: string): DocumentPage {
  const blocks: ShellBlock[] = [];
  const shown: string[] = [];
  const problems: string[] = [];
  for (const {
    0: whole,
    1: comments = '',
    2: language = '',
    3: text = '',
    index,
  } of markdown.matchAll(FENCE)) {
    const from = index + whole.indexOf('```');
    const place = `${file}:${markdown.slice(0, from).split('\n').length + 1}`;
    if (!SHELLS.has(language)) {
      shown.push(text);
      continue;
    }
    const { declared, unclear } = declarationsOf(comments);
    blocks.push({ place, text, declared });
    problems.push(...[...unclear, ...missedBy(declared, text)].map((what) => `${place}: ${what}`));
  }
  const read = blocks.reduce((sum, { declared }) => sum + countOf(declared), 0);
  const written = markdown.match(/^<!-- run:/gm)?.length ?? 0;
  if (problems.length === 0 && read !== written) {
    problems.push(`${file}: ${written - read} declarations stand before no shell block`);
  }
  return { file, blocks, shown, problems };
}

function declarationsOf(comments: string) {
  let declared = NOTHING;
  const unclear: string[] = [];
  for (const [, said = ''] of comments.matchAll(COMMENT)) {
    const next = withOne(declared, said);
    if (next === undefined) unclear.push(`\`run: ${said}\` is no declaration`);
    else declared = next;
  }
  return { declared, unclear };
}

function withOne(declared: Declared, said: string): Declared | undefined {
  const [, verb = '', rest = ''] =
    /^(no,|before:|with|behind|without|needs|exit)\s+([\s\S]+)$/.exec(said) ?? [];
  if (verb === 'no,') return { ...declared, no: rest };
  if (verb === 'before:') return { ...declared, before: [...declared.before, rest] };
  if (verb === 'behind') return { ...declared, behind: [...declared.behind, rest] };
  if (verb === 'needs') return { ...declared, needs: [...declared.needs, ...rest.split(' ')] };
  if (verb === 'exit' && /^\d+$/.test(rest)) return { ...declared, exit: Number(rest) };
  if (verb === 'with') {
    const [, value, text] = /^(.+?) for (.+)$/.exec(rest) ?? [];
    if (value === undefined || text === undefined) return undefined;
    return { ...declared, values: [...declared.values, { text, value }] };
  }
  if (verb !== 'without') return undefined;
  const [, text, why] = /^(.+?), because ([\s\S]+)$/.exec(rest) ?? [];
  if (text === undefined || why === undefined) return undefined;
  return { ...declared, without: [...declared.without, { text, why }] };
}

/** What is said about lines and words that the block does not have. */
function missedBy({ values, behind, without }: Declared, text: string): readonly string[] {
  const lines = text.split('\n');
  const starts = [...behind, ...without.map((each) => each.text)];
  return [
    ...values.filter((each) => !text.includes(each.text)).map((each) => `holds no ${each.text}`),
    ...starts
      .filter((start) => !lines.some((line) => line.startsWith(start)))
      .map((start) => `no line begins with ${start}`),
  ];
}

function countOf({ no, before, values, behind, without, needs, exit }: Declared): number {
  const lists = [before, values, behind, without, needs.slice(0, 1)];
  const single = [no !== undefined, exit !== 0].filter(Boolean).length;
  return lists.reduce((sum, list) => sum + list.length, single);
}
