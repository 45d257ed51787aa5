import type { ArtifactDeclaration } from '../src/artifacts/artifact.ts';
import type {
  Answered,
  Declared,
  OperationDeclaration,
  Parameter,
  ProblemCodes,
} from '../src/http/declare.ts';

export type ApiParts = {
  readonly version: string;
  readonly operations: readonly OperationDeclaration[];
  readonly types: ReadonlyMap<string, Declared>;
};

type Json = Readonly<Record<string, unknown>>;

const TAGS: Readonly<Record<string, string>> = {
  status: 'What the node is',
  inbox: 'What waits for a person',
  node: 'Who is connected, and how the node does',
  log: 'Sealed entries, what they show, and that they stand',
  policy: 'What decides',
  roles: 'Who signs in, and what each may do',
  mcp: 'Servers, tools and clients',
  runs: 'Programs in a sandbox',
  sessions: 'Tasks a person states, and sessions of other owners',
  intents: 'What is wanted, and the tool that serves it',
  wallet: 'Authority that was asked for and given',
  data: 'Contents beside the log',
  domains: 'Logs beside the own one of the node, and their objects',
  reads: 'Projections, at six levels of consistency',
  workflows: 'Graphs of steps that somebody wrote',
  workbench: 'The pages in a browser',
};

const SCHEMAS = '#/components/schemas/';
const PROBLEM = { $ref: `${SCHEMAS}Problem` };

/** Who shows a session that is over, or of a role that this is not for. */
const ROLES = { 401: ['role.session_over'], 403: ['role.insufficient'] };

/** Every operation may be answered so: before it is looked at, or where the daemon is at fault. */
const ALWAYS = {
  413: ['request.too_large'],
  431: ['request.head_too_large'],
  500: ['daemon.fault'],
};
/** What only the owner may ask: who shows a session is refused. */
const OWNERS_ONLY = { 403: ['session.out_of_scope'] };

const ONCE_KEY: Readonly<Record<string, Parameter>> = {
  'idempotency-key': {
    in: 'header',
    summary: 'The same key with the same request is answered the same, and done once.',
  },
};
const ONCE = {
  400: ['idempotency.key_invalid'],
  409: ['idempotency.in_progress', 'idempotency.not_kept'],
  422: ['idempotency.key_reused'],
  429: ['idempotency.too_many'],
};

/** The OpenAPI 3.1 document of the daemon's API; the same declarations give the same text. */
export function emitOpenApi({ version, operations, types }: ApiParts): string {
  const paths: Record<string, Record<string, unknown>> = {};
  const problems = new Map<string, Shared>();
  for (const each of [...operations].sort(byRoute)) {
    const [method = '', path = ''] = each.route.split(' ');
    const written = operationObject(each, { method, path, problems });
    paths[path] = { ...paths[path], [method.toLowerCase()]: written };
  }
  const document = {
    openapi: '3.1.0',
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    info: {
      title: 'IOI node',
      version,
      summary: 'The local API of a node',
      description:
        'It reads, mounts and asks; it approves nothing: that is done at the guardian. Whoever ' +
        'may open the socket is the owner. On the port of the Workbench a tab with a session ' +
        'may GET, pause a session, stop everything, and check and keep workflows; what it lacks ' +
        'is answered with 401 ' +
        '`workbench.no_visit`, 403 `workbench.foreign_host` or `workbench.foreign_origin`, 405 ' +
        '`workbench.tightens_only`. ' +
        'What is no HTTP is answered with 400 `request.malformed` or 408 `request.too_slow`. ' +
        'Numbers of 64 bits are decimal texts; Chain Time is milliseconds since 1970.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: servers(),
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      responses: Object.fromEntries([...problems.values()].map(({ name, body }) => [name, body])),
      schemas: componentsOf([paths, PROBLEM], types),
      securitySchemes: securitySchemes(),
    },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function byRoute(one: OperationDeclaration, other: OperationDeclaration): number {
  const [a, b] = [one, other].map(({ route }) => route.split(' ').reverse().join(' '));
  return a! < b! ? -1 : 1;
}

/** A refusal that several operations answer with. */
type Shared = { readonly name: string; readonly body: Json };

type Place = {
  readonly method: string;
  readonly path: string;
  /** Of all operations so far, by their text. */
  readonly problems: Map<string, Shared>;
};

function operationObject(each: OperationDeclaration, { method, path, problems }: Place): Json {
  const { id, tag, summary, description, body } = each;
  const query = { ...each.query, ...(each.once ? ONCE_KEY : {}) };
  const parameters = [
    ...pathMembers(path).map((name) => parameterObject(name, 'path', each.path?.[name])),
    ...Object.entries(query).map(([name, one]) => parameterObject(name, one.in ?? 'query', one)),
  ];
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    security: securityOf(each, method),
    'x-ioi-role': each.role,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    responses: responsesOf(each, problems),
  };
}

function pathMembers(path: string): string[] {
  return [...path.matchAll(/\{([a-z_]+)\}/g)].map((found) => found[1] ?? '');
}

function parameterObject(name: string, place: string, parameter: Parameter = {}): Json {
  const { summary, schema = { type: 'string' }, required = false } = parameter;
  return {
    name,
    in: place,
    ...(summary === undefined ? {} : { description: summary }),
    required: place === 'path' || required,
    schema,
  };
}

/** `{}`: the socket, which only the owner can open. */
function securityOf({ access, role }: OperationDeclaration, method: string): Json[] {
  return [
    {},
    ...(role === 'public' ? [] : [{ role: [] }]),
    ...(method === 'GET' ? [{ workbench: [] }] : []),
    ...(access === 'reading' ? [{ session: [] }] : []),
  ];
}

function responsesOf(each: OperationDeclaration, problems: Map<string, Shared>): Json {
  const responses: Record<string, unknown> = {};
  for (const [status, answered] of Object.entries(each.answers)) {
    responses[status] = answerObject(each.summary, answered);
  }
  const owners = each.access === 'reading' ? {} : OWNERS_ONLY;
  const parts: readonly ProblemCodes[] = [
    each.problems ?? {},
    ALWAYS,
    ROLES,
    owners,
    each.once ? ONCE : {},
  ];
  const codes = new Map<string, string[]>();
  for (const [status, listed] of parts.flatMap((part) => Object.entries(part))) {
    codes.set(status, [...(codes.get(status) ?? []), ...listed]);
  }
  for (const [status, listed] of codes) {
    const sorted = [...new Set(listed)].sort();
    const key = `${status} ${sorted.join(' ')}`;
    const [only = '', ...others] = sorted;
    const isPlain = others.length === 0 && !only.endsWith('*');
    const name = `${status}.${isPlain ? only : each.id}`;
    const shared = problems.get(key) ?? { name, body: problemObject(sorted) };
    problems.set(key, shared);
    responses[status] = { $ref: `#/components/responses/${shared.name}` };
  }
  return responses;
}

function answerObject(description: string, { type, schema, headers = {} }: Answered): Json {
  const said = Object.entries(headers).map(([name, about]): [string, Json] => {
    return [name, { description: about, schema: { type: 'string' } }];
  });
  return {
    description,
    ...(said.length === 0 ? {} : { headers: Object.fromEntries(said) }),
    ...(type === undefined
      ? {}
      : { content: { [type]: { schema: schema ?? { type: 'string' } } } }),
  };
}

function problemObject(sorted: readonly string[]): Json {
  return {
    description: sorted.map((code) => `\`${code}\``).join(', '),
    content: {
      'application/problem+json': {
        schema: { allOf: [PROBLEM, { properties: { code: codeSchema(sorted) } }] },
      },
    },
  };
}

/** `family.*` is every code that begins so. */
function codeSchema(codes: readonly string[]): Json {
  if (!codes.some((code) => code.endsWith('.*'))) return { enum: codes };
  const alternatives = codes.map((code) =>
    code.endsWith('.*')
      ? `${code.slice(0, -2)}\\.[a-z_]+(\\.[a-z_]+)*`
      : code.replaceAll('.', '\\.'),
  );
  return { pattern: `^(${alternatives.join('|')})$` };
}

function servers(): Json[] {
  return [
    {
      url: 'http://localhost',
      description: 'Over the Unix socket `run/daemon.sock` in the folder of the node',
    },
    {
      url: 'http://127.0.0.1:{port}',
      description: 'The Workbench: GET alone, with the session of a tab',
      variables: { port: { default: '0', description: 'As `ioi workbench` prints it' } },
    },
  ];
}

function securitySchemes(): Json {
  return {
    session: {
      type: 'http',
      scheme: 'bearer',
      description:
        'A portable session, as `ioi wallet session issue` gives it: it reads projections.',
    },
    role: {
      type: 'apiKey',
      in: 'header',
      name: 'x-ioi-role-session',
      description:
        'A session of somebody who signed in, as `POST /v1/role-session` gives it. `x-ioi-role` ' +
        'of an operation is the least role it takes.',
    },
    workbench: {
      type: 'apiKey',
      in: 'header',
      name: 'x-ioi-workbench',
      description: 'The session of one tab, which `ioi workbench` opens.',
    },
  };
}

/** What the paths refer to, and what that refers to, by name. */
function componentsOf(paths: object, types: ReadonlyMap<string, Declared>): Json {
  const found = new Map<string, unknown>();
  const waiting = [...referencesIn(paths)];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) continue;
    const type = types.get(name);
    if (type === undefined) throw new Error(`nothing is declared as ${name}`);
    found.set(name, componentOf(type));
    waiting.push(...referencesIn(type.schema));
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function componentOf({ name, summary, schema, ...more }: Declared): Json {
  const { artifactClass } = more as Partial<ArtifactDeclaration>;
  return {
    title: name,
    description: summary,
    ...(artifactClass === undefined ? {} : { 'x-artifact': `protocol/schemas/${name}.json` }),
    ...JSON.parse(JSON.stringify(schema)),
  };
}

function* referencesIn(node: unknown): Generator<string> {
  if (typeof node !== 'object' || node === null) return;
  for (const [key, value] of Object.entries(node)) {
    const isSchema = key === '$ref' && String(value).startsWith(SCHEMAS);
    if (isSchema) yield String(value).slice(SCHEMAS.length);
    else yield* referencesIn(value);
  }
}

/** The least role of each operation, for the node at run time. */
export function emitRouteRoles(operations: readonly OperationDeclaration[]): string {
  const lines = [...operations].sort(byRoute).map(({ route, role }) => `  '${route}': '${role}',`);
  const head = '// Emitted by `npm run generate` from src/http. Do not edit.';
  const type = "import type { LeastRole } from '../roles.ts';";
  const what = '/** The least role that each operation takes. */';
  const table = 'export const ROUTE_ROLES: Readonly<Record<string, LeastRole>> = {';
  return [head, type, '', what, table, ...lines, '};', ''].join('\n');
}
