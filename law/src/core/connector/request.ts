import { err, ok, type Result } from '@ioi/basis';
import type { Rejection } from '@ioi/protocol';
import { covers, fullyDecoded, touches } from './methods.ts';
import type { HttpOperation, HttpParameter } from './operation.ts';

/** What is sent, but for the credential and the origin. */
export type HttpRequest = {
  readonly method: HttpOperation['method'];
  /** Below the URL of the connector, with its query. */
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** JSON; undefined where nothing is sent. */
  readonly body?: string;
};

type Given = Readonly<Record<string, unknown>>;

const HEADER_VALUE = /^[\x21-\x7e]([\x20-\x7e]{0,2046}[\x21-\x7e])?$/;
const MAX_PATH = 8192;

/** The request of one call; a value that would lead to another path or header is refused. */
export function httpRequestOf(
  operation: HttpOperation,
  given: Given,
): Result<HttpRequest, Rejection> {
  const { method, parameters, allowed, denied } = operation;
  const unknown = Object.keys(given).find(
    (name) => name !== operation.body && !parameters.some(({ argument }) => argument === name),
  );
  if (unknown !== undefined) return refuse(`the operation has no argument \`${unknown}\``);
  const path = pathOf(operation, given);
  if (!path.ok) return path;
  const isAllowed = allowed?.some((each) => covers(each, path.value)) ?? true;
  if (!isAllowed || denied?.some((each) => touches(each, path.value))) {
    const message = `the manifest does not let ${method} go to ${path.value}`;
    return err({ code: 'connector.method_denied', message });
  }
  const query = queryOf(placed(parameters, given, 'query'));
  if (!query.ok) return query;
  const headers = headersOf(placed(parameters, given, 'header'));
  if (!headers.ok) return headers;
  const body = bodyOf(operation, given);
  const whole = `${path.value}${query.value}`;
  if (whole.length > MAX_PATH) return refuse('path and query are too long');
  return ok({
    method,
    path: whole,
    headers: headers.value,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

type Placed = readonly (readonly [name: string, value: unknown])[];

function placed(
  parameters: readonly HttpParameter[],
  given: Given,
  at: HttpParameter['in'],
): Placed {
  return parameters.flatMap(({ argument, in: place, name }) =>
    place === at && Object.hasOwn(given, argument) && given[argument] !== null
      ? [[name, given[argument]] as const]
      : [],
  );
}

function pathOf(operation: HttpOperation, given: Given): Result<string, Rejection> {
  const values = new Map(placed(operation.parameters, given, 'path'));
  let wrong: string | undefined;
  const path = operation.path.replaceAll(/\{([^{}]*)\}/g, (_, name: string) => {
    const text = textOf(values.get(name));
    if (text === undefined || text === '' || isLeadingAway(text)) wrong = name;
    return encoded(text ?? '');
  });
  return wrong === undefined ? ok(path) : refuse(`\`${wrong}\` is no part of a path`);
}

/** Steps are taken out of a path by whoever reads it, encoded or not, and controls end one. */
function isLeadingAway(text: string): boolean {
  const plain = fullyDecoded(text);
  const isStep = plain.split(/[/\\]/).some((each) => /^\.{1,2}(;|$)/.test(each));
  return isStep || /\p{Cc}/u.test(plain);
}

function queryOf(values: Placed): Result<string, Rejection> {
  const pairs: string[] = [];
  for (const [name, value] of values) {
    for (const each of Array.isArray(value) ? value : [value]) {
      const text = textOf(each);
      if (text === undefined) return refuse(`\`${name}\` is no text, number or list of them`);
      pairs.push(`${encoded(name)}=${encoded(text)}`);
    }
  }
  return ok(pairs.length === 0 ? '' : `?${pairs.join('&')}`);
}

function headersOf(values: Placed): Result<HttpRequest['headers'], Rejection> {
  const headers: [string, string][] = [];
  for (const [name, value] of values) {
    const text = textOf(value);
    if (text === undefined || !HEADER_VALUE.test(text)) return refuse(`\`${name}\` is no header`);
    headers.push([name.toLowerCase(), text]);
  }
  return ok(headers);
}

function bodyOf({ body, parameters }: HttpOperation, given: Given): unknown {
  if (body !== undefined) return given[body];
  const fields = placed(parameters, given, 'body');
  const isEmpty = fields.length === 0 && !parameters.some((each) => each.in === 'body');
  return isEmpty ? undefined : Object.fromEntries(fields);
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.isWellFormed() ? value : undefined;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return undefined;
}

/** RFC 3986 2.3: all but unreserved characters. */
function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function refuse(message: string): Result<never, Rejection> {
  return err({ code: 'contract.arguments_invalid', message });
}
