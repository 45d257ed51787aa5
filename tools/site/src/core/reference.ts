/** Of `protocol/schemas/openapi.json`, what pages are made of. */
type Operation = {
  readonly operationId: string;
  readonly tags?: readonly string[];
  readonly summary?: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly responses?: Readonly<Record<string, { readonly $ref?: string; description?: string }>>;
};
type Parameter = { readonly $ref?: string; readonly name?: string; readonly in?: string };
type Document = {
  readonly tags?: readonly { readonly name: string; readonly description?: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: {
    readonly responses?: Readonly<Record<string, { readonly description?: string }>>;
    readonly parameters?: Readonly<Record<string, Parameter>>;
  };
};
type Placed = Operation & { readonly method: string; readonly path: string };

const METHODS: ReadonlySet<string> = new Set(['get', 'post', 'put', 'patch', 'delete']);

/** Pages that are made of the protocol itself, as Markdown, by their paths in the repository. */
export function referencePages(files: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const api = JSON.parse(files.get('protocol/schemas/openapi.json') ?? '{"paths":{}}') as Document;
  const guides = [...files].filter(([path]) => path.startsWith('docs/guides/'));
  return new Map([
    ['docs/reference/api.md', apiPage(api)],
    ['docs/reference/errors.md', errorsPage(api, guides, codesInSources(files))],
    ['docs/reference/schemas.md', schemasPage(files)],
  ]);
}

function operationsIn({ paths }: Document): readonly Placed[] {
  return Object.entries(paths).flatMap(([path, methods]) => {
    return Object.entries(methods)
      .filter(([method]) => METHODS.has(method))
      .map(([method, operation]) => ({ ...operation, method: method.toUpperCase(), path }));
  });
}

/** Every operation of the local HTTP API, as its own document has them. */
function apiPage(api: Document): string {
  const operations = operationsIn(api);
  const told = new Map(api.tags?.map(({ name, description = name }) => [name, description]));
  const all = new Set([...told.keys(), ...operations.flatMap(({ tags = [] }) => tags)]);
  const parts = [...all].map((name) => {
    const description = told.get(name) ?? name;
    const those = operations.filter(({ tags = [] }) => tags.includes(name));
    const texts = those.map((each) => operationText(api, each));
    return `## ${name}\n\n${description}.\n\n${texts.join('\n')}`;
  });
  const about = 'As `ioi api --json` prints it; [how to ask](../guides/api.md). The whole is';
  const whole = '[openapi.json](../../protocol/schemas/openapi.json)';
  return `# The local HTTP API\n\n${about} ${whole}.\n\n${parts.join('\n')}`;
}

function operationText(api: Document, operation: Placed): string {
  const { method, path, operationId, summary = '', description = '' } = operation;
  const parameters = (operation.parameters ?? []).map(({ $ref, ...own }) => {
    const { name = '', in: where = '' } = api.components?.parameters?.[lastOf($ref)] ?? own;
    return `\`${name}\` (${where})`;
  });
  const codes = codesOf(operation).map((code) => `\`${code}\``);
  return [
    `### ${method} ${path}\n`,
    `${summary}. \`${operationId}\`\n`,
    ...(description === '' ? [] : [`${description}\n`]),
    ...(parameters.length === 0 ? [] : [`Parameters: ${parameters.join(', ')}.\n`]),
    ...(codes.length === 0 ? [] : [`Refused as ${codes.join(', ')}.\n`]),
  ].join('\n');
}

/** The dotted codes an operation is refused with, which its shared answers are named by. */
function codesOf({ responses = {} }: Operation): readonly string[] {
  return Object.values(responses).flatMap(({ $ref, description = '' }) => {
    const [, shared] = /^\d{3}\.(.+)$/.exec(lastOf($ref)) ?? [];
    if (shared !== undefined) return CODE.test(shared) ? [shared] : [];
    return [...description.matchAll(/`([a-z_]+(?:\.[a-z_]+)+)`/g)].map(([, code = '']) => code);
  });
}

const CODE = /^[a-z_]+(\.[a-z_]+)+$/;
const lastOf = (ref = ''): string => ref.split('/').at(-1) ?? '';

type Guides = readonly (readonly [path: string, text: string])[];

/** Every code that something is refused with: by what, and the guide that explains it. */
function errorsPage(api: Document, guides: Guides, known: ReadonlySet<string>): string {
  const asked = new Map<string, string[]>();
  for (const operation of operationsIn(api)) {
    for (const code of codesOf(operation)) {
      asked.set(code, [...(asked.get(code) ?? []), `${operation.method} ${operation.path}`]);
    }
  }
  const explained = new Map<string, Set<string>>();
  for (const [path, text] of guides) {
    for (const [row] of text.matchAll(/^\|.*`.*\|$/gm)) {
      for (const code of codesIn(row).filter((each) => known.has(each))) {
        explained.set(code, (explained.get(code) ?? new Set()).add(path));
      }
    }
  }
  const rows = [...new Set([...asked.keys(), ...explained.keys()])].sort().map((code) => {
    const operations = asked.get(code) ?? [];
    const some = operations.slice(0, 3).map((each) => `\`${each}\``);
    const rest = operations.length > 3 ? ` and ${operations.length - 3} more` : '';
    const where = [...(explained.get(code) ?? [])].map((path) => {
      return `[${path.replace(/^.*\/|\.md$/g, '')}](${path.replace('docs/', '../')})`;
    });
    return `| \`${code}\` | ${some.join(', ')}${rest} | ${where.join(', ')} |`;
  });
  const head = '| code | of the API | explained in |\n|---|---|---|';
  const about = 'What is refused has a dotted code, which is stable. How commands end by them:';
  const codes = '[exit codes](../guides/exit-codes.md)';
  return `# Named errors\n\n${about} ${codes}.\n\n${head}\n${rows.join('\n')}\n`;
}

/** What stands as a name of its own in a program: tables have other words with dots too. */
function codesInSources(files: ReadonlyMap<string, string>): ReadonlySet<string> {
  const sources = [...files].filter(([path]) => path.endsWith('.ts') && !path.endsWith('.test.ts'));
  return new Set(
    sources.flatMap(([, text]) => {
      return [...text.matchAll(/'([a-z_]+(?:\.[a-z_]+)+)'/g)].map(([, code = '']) => code);
    }),
  );
}

/** Codes in a row; one that begins with a dot has the family of the one before. */
function codesIn(row: string): readonly string[] {
  let family = '';
  return [...row.matchAll(/`([a-z_]*\.[a-z_.]+)`/g)].flatMap(([, said = '']) => {
    const whole = said.startsWith('.') ? `${family}${said}` : said;
    [family = ''] = whole.split('.');
    return CODE.test(whole) && !FILE.test(whole) ? [whole] : [];
  });
}

/** Names of files stand in programs too. */
const FILE = /\.(jsonl?|sarif|xml)$/;

function schemasPage(files: ReadonlyMap<string, string>): string {
  const rows = [...files]
    .filter(([path]) => /^protocol\/schemas\/[A-Z]\w*\.json$/.test(path))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([path, text]) => {
      const name = path.replace(/^.*\/|\.json$/g, '');
      const { description = '' } = JSON.parse(text) as { description?: string };
      return `| [${name}](../../${path}) | ${description.replaceAll('|', '\\|')} |`;
    });
  const about = 'JSON Schemas of what is signed or stored. What each field is for:';
  const table = `| artifact | |\n|---|---|\n${rows.join('\n')}`;
  return `# Schemas\n\n${about} [artifacts](artifacts.md).\n\n${table}\n`;
}
