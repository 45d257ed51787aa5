import { dereference, type Schema, validate } from '@cfworker/json-schema';
import type { NodeProcess } from '@ioi/kit';
import type { Reply } from './send.ts';

type Parameter = {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly schema: Schema;
};
type Content = Readonly<Record<string, { readonly schema: Schema }>>;
type Response = { readonly content?: Content };

export type Operation = {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body: Schema | undefined;
  readonly responses: Readonly<Record<string, Response>>;
};

type OperationObject = {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, Response & { readonly $ref?: string }>>;
};

const PROBLEM = 'application/problem+json';
/** Of a path that is another one once it is read: nothing stands where a member should be. */
const NO_ROUTE = 'route.unknown';
const DRAFT = '2020-12';

/** What a node says that it can be asked, and whether its answers are what it says. */
export class ApiDocument {
  readonly operations: readonly Operation[];
  readonly #root: Schema;
  readonly #lookup: Record<string, Schema | boolean>;

  constructor(document: Readonly<Record<string, unknown>>) {
    this.#root = document as Schema;
    this.#lookup = dereference(this.#root);
    const paths = document['paths'] as Record<string, Record<string, OperationObject>>;
    this.operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, each]) => this.#operation(method, path, each)),
    );
  }

  static async of(node: NodeProcess): Promise<ApiDocument> {
    const { status, body } = await node.api('GET', '/v1/openapi.json');
    if (status !== 200) throw new Error(`no document: ${status}`);
    return new ApiDocument(body);
  }

  #operation(method: string, path: string, each: OperationObject): Operation {
    const { parameters = [], requestBody, responses } = each;
    const resolved = Object.entries(responses).map(([status, response]) => [
      status,
      response.$ref === undefined ? response : this.at<Response>(response.$ref),
    ]);
    const body = requestBody?.content['application/json']?.schema;
    const all = Object.fromEntries(resolved) as Record<string, Response>;
    return { method: method.toUpperCase(), path, parameters, body, responses: all };
  }

  /** What `#/a/b` refers to. */
  at<T = Schema>(reference: string): T {
    const steps = reference.slice('#/'.length).split('/');
    const found = steps.reduce<unknown>(
      (node, step) => (node as Record<string, unknown>)[step],
      this.#root,
    );
    return found as T;
  }

  /** What is wrong with an answer; undefined where it is one that the operation lists. */
  fault({ responses }: Operation, reply: Reply, mayMiss = false): string | undefined {
    const { status, type, text, isCut } = reply;
    const isProblem = status >= 400;
    const json = /json$/.test(type) ? parsed(text) : undefined;
    const code = isProblem ? (json as { code?: unknown } | undefined)?.code : undefined;
    if (status === 500) return `500 ${text.slice(0, 200)}`;
    if (isProblem && type !== PROBLEM) return `${status} as ${type || 'nothing'}`;
    if (mayMiss && status === 404 && code === NO_ROUTE) return undefined;
    const listed = responses[status];
    if (listed === undefined) return `${status} ${code ?? ''} is not listed`;
    const { content } = listed;
    if (content === undefined) return text === '' ? undefined : `${status} with a body`;
    const schema = content[type]?.schema;
    if (schema === undefined) return `${status} as ${type}, which is not listed`;
    const value = type.startsWith('text/event-stream') ? undefined : (json ?? lineIn(type, text));
    if (value === undefined || (isCut && type === 'application/json')) return undefined;
    return this.mismatch(schema, value, `${status} ${code ?? ''}`);
  }

  mismatch(schema: Schema, value: unknown, about: string): string | undefined {
    const { valid, errors } = validate(value, schema, DRAFT, this.#lookup, false);
    if (valid) return undefined;
    const deepest = errors.toSorted((a, b) => depth(b) - depth(a))[0];
    return `${about}: ${deepest?.instanceLocation} ${deepest?.error}`;
  }
}

function depth({ instanceLocation }: { readonly instanceLocation: string }): number {
  return instanceLocation.split('/').length;
}

/** Of lines of JSON, the first, where it is one that is declared. */
function lineIn(type: string, text: string): unknown {
  if (type !== 'application/jsonl') return text;
  const end = text.indexOf('\n');
  return text.startsWith('{"run_id"') ? parsed(text.slice(0, end)) : text;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
