/** Components between the root and the thing named; the root itself has none. */
export type Components = readonly string[];

/** An entry of `allow_paths`: everything at or below it. `./` entries start at the workspace. */
export type PathPattern = { readonly isAbsolute: boolean; readonly components: Components };

export type PathFault = { readonly message: string; readonly hint?: string };

const ANY_DEPTH = '**';

/**
 * Reads a policy's path. `.`, `//` and a trailing slash are folded away, `..` is folded where
 * that is certain; bytes are otherwise kept (design ruling 4). `*` stands for one component or a
 * part of one, `**` for any number of components; a final `**` adds nothing and is dropped.
 */
export function readPattern(text: string): PathPattern | PathFault {
  if (text.includes('\0')) return { message: 'a path cannot hold a NUL character' };
  if (text.startsWith('~')) {
    const hint = 'write the home folder in full, or ./~name for a file of that name';
    return { message: 'a policy does not know whose home `~` is', hint };
  }
  const isAbsolute = text.startsWith('/');
  const components: string[] = [];
  for (const component of text.split('/')) {
    if (component === '' || component === '.') continue;
    const fault = pushComponent(components, component, isAbsolute);
    if (fault !== undefined) return fault;
  }
  while (components.at(-1) === ANY_DEPTH) components.pop();
  return { isAbsolute, components };
}

function pushComponent(
  components: string[],
  component: string,
  isAbsolute: boolean,
): PathFault | undefined {
  const last = components.at(-1);
  if (component === '..') {
    if (last?.includes('*')) return { message: '`..` after a wildcard has no certain meaning' };
    if (last === undefined && !isAbsolute) return { message: 'the path leaves the workspace' };
    components.pop();
  } else if (component !== ANY_DEPTH && component.includes(ANY_DEPTH)) {
    return { message: '`**` stands for whole components', hint: 'use `*` inside a component' };
  } else if (component !== ANY_DEPTH || last !== ANY_DEPTH) {
    components.push(component);
  }
  return undefined;
}

export function isPattern(read: PathPattern | PathFault): read is PathPattern {
  return 'components' in read;
}

/** `/a/b`, `/`, `./a/b` or `.`. */
export function printPattern(pattern: PathPattern): string {
  if (pattern.isAbsolute) return `/${pattern.components.join('/')}`;
  return ['.', ...pattern.components].join('/');
}

/**
 * Reads a request's path, which must be absolute. One with `..` is refused: after a symbolic
 * link it means something that its text does not tell. Undefined when it cannot be used.
 */
export function readRequestPath(text: unknown): Components | undefined {
  if (typeof text !== 'string' || !text.startsWith('/') || text.includes('\0')) return undefined;
  const components: string[] = [];
  for (const component of text.split('/')) {
    if (component === '..') return undefined;
    if (component !== '' && component !== '.') components.push(component);
  }
  return components;
}

/** The components below `root`; undefined when the path is not at or below it. */
export function below(path: Components, root: Components): Components | undefined {
  if (path.length < root.length) return undefined;
  for (let at = 0; at < root.length; at += 1) if (path[at] !== root[at]) return undefined;
  return path.slice(root.length);
}

/** Whether the path is the pattern's place or below it. */
export function isWithin(path: Components, pattern: Components): boolean {
  return startsLike(pattern, path, matchesComponent);
}

/** Whether the pattern's place could be at the path or below it. */
export function couldHold(path: Components, pattern: Components): boolean {
  for (let at = 0; at < path.length; at += 1) {
    const part = pattern[at];
    if (part === ANY_DEPTH) return true;
    if (part === undefined || !matchesComponent(part, path[at] as string)) return false;
  }
  return true;
}

// A pattern such as `./**/.env`, which names no place to start from.
export function beginsAnywhere({ components }: PathPattern): boolean {
  return components[0] === ANY_DEPTH;
}

/**
 * Whether everything within `inner` is within `outer`. Sound, and complete for entries without
 * wildcards; `/a/*` is not recognised as holding `/a/**` followed by a name.
 */
export function covers(outer: PathPattern, inner: PathPattern): boolean {
  if (outer.isAbsolute && outer.components.length === 0) return true;
  if (outer.isAbsolute !== inner.isAbsolute) return false;
  return startsLike(outer.components, inner.components, coversComponent);
}

export function isGlob(component: string): boolean {
  return component.includes('*');
}

function matchesComponent(pattern: string, component: string): boolean {
  if (pattern === component || pattern === '*') return true;
  return isGlob(pattern) && matchesGlob(pattern, component);
}

function coversComponent(outer: string, inner: string): boolean {
  if (outer === inner) return true;
  if (inner === ANY_DEPTH || !isGlob(outer)) return false;
  return outer === '*' || (!isGlob(inner) && matchesGlob(outer, inner));
}

/**
 * Whether some beginning of `items` fits `pattern`, `**` taking any number. Only the last `**`
 * is ever tried again, so the time is at most the product of the lengths.
 */
function startsLike(
  pattern: Components,
  items: Components,
  fits: (pattern: string, item: string) => boolean,
): boolean {
  let at = 0;
  let retryPattern = -1;
  let retryItem = 0;
  for (let item = 0; at < pattern.length; ) {
    const part = pattern[at] as string;
    if (part === ANY_DEPTH) {
      at += 1;
      retryPattern = at;
      retryItem = item;
    } else if (item < items.length && fits(part, items[item] as string)) {
      at += 1;
      item += 1;
    } else if (retryPattern >= 0 && retryItem < items.length) {
      retryItem += 1;
      item = retryItem;
      at = retryPattern;
    } else {
      return false;
    }
  }
  return true;
}

/** Whole component against a pattern in which `*` takes any run of characters, even none. */
function matchesGlob(pattern: string, text: string): boolean {
  const parts = pattern.split('*');
  const first = parts[0] ?? '';
  const last = parts.at(-1) ?? '';
  if (text.length < first.length + last.length) return false;
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  const end = text.length - last.length;
  let from = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, from);
    if (found < 0 || found + part.length > end) return false;
    from = found + part.length;
  }
  return true;
}
