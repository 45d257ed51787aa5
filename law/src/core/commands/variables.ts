/** Variables that change nothing about which programs run or what they do to files. */
const HARMLESS: ReadonlySet<string> = new Set([
  'CI',
  'COLUMNS',
  'DEBUG',
  'FORCE_COLOR',
  'LANG',
  'LC_ALL',
  'LC_CTYPE',
  'LINES',
  'NODE_ENV',
  'NO_COLOR',
  'PORT',
  'RUST_BACKTRACE',
  'RUST_LOG',
  'TERM',
  'TZ',
  'VERBOSE',
]);

/**
 * Whether nothing changes by it: terminals, locales and time zones are names of files as well, so
 * a value must not lead anywhere else. `value` is undefined where it cannot be told.
 */
export function isHarmlessVariable(name: string, value: string | undefined): boolean {
  return HARMLESS.has(name) && value !== undefined && !/^[/.:~]|\.\./.test(value);
}

/** The same of `NAME=value`; a name alone has the value it had. */
export function isHarmlessAssignment(text: string): boolean {
  const [name = '', value] = splitAssignment(text);
  return isHarmlessVariable(name, value ?? '');
}

/** A variable of the shell itself, which no program sees. */
export function isShellVariable(name: string): boolean {
  return /^[a-z_][a-z0-9_]*$/.test(name) && !name.endsWith('_proxy') && !name.startsWith('npm_');
}

export function splitAssignment(text: string): readonly [string, string?] {
  const equals = text.indexOf('=');
  if (equals < 0) return [text];
  return [text.slice(0, equals).replace(/\+$/, ''), text.slice(equals + 1)];
}
