import { parseUrl } from '@ioi/basis';

/** A method, and the part of the address it is about; without one it is about every part. */
export type MethodEntry = {
  readonly method: string;
  readonly path: readonly string[] | undefined;
};

const METHOD = /^[A-Za-z][A-Za-z-]{0,31}$/;

/** `GET` or `POST /sobjects/Account`; undefined when it is neither. */
export function readMethodEntry(text: string): MethodEntry | undefined {
  const [method = '', path, ...rest] = text.split(' ');
  if (!METHOD.test(method) || rest.length > 0) return undefined;
  if (path === undefined) return { method: method.toUpperCase(), path };
  const isPath = path.startsWith('/') && !/[?#]/.test(path);
  const components = isPath ? readUrlPath(`http://host${path}`) : undefined;
  return components && { method: method.toUpperCase(), path: components };
}

export function printMethodEntry({ method, path }: MethodEntry): string {
  return path === undefined ? method : `${method} /${path.map(encodeURIComponent).join('/')}`;
}

/** Methods are compared in upper case: a server may take `delete` for `DELETE`. */
export function readMethod(value: unknown): string | undefined {
  return typeof value === 'string' && METHOD.test(value) ? value.toUpperCase() : undefined;
}

/**
 * The components of an address' path, decoded once. Undefined where servers are known to differ
 * about what is meant: an encoded slash, dot segment or percent sign, an empty component.
 */
export function readUrlPath(url: string): readonly string[] | undefined {
  const parsed = parseUrl(url);
  if (parsed === undefined || !parsed.pathname.startsWith('/')) return undefined;
  const components = parsed.pathname.split('/').slice(1);
  if (components.at(-1) === '') components.pop();
  const decoded = components.map(decode).filter((component) => component !== undefined);
  return decoded.length === components.length ? decoded : undefined;
}

/** Whether `inner` is at or below `outer`. */
export function isBelowPath(inner: readonly string[], outer: readonly string[]): boolean {
  return outer.length <= inner.length && outer.every((component, at) => component === inner[at]);
}

function decode(component: string): string | undefined {
  let text: string;
  try {
    text = decodeURIComponent(component);
  } catch {
    // Not UTF-8: every server has its own idea of it.
    return undefined;
  }
  return text === '' || /^\.{1,2}$|[/\\%;\u0000-\u001f]/.test(text) ? undefined : text;
}
