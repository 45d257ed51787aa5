import { err, ok, type Result } from '@ioi/basis';
import type { Json } from '@ioi/canon';
import type { ParamChange } from '@ioi/law';

/** `path=/tmp/x`, `edits.0.newText=y`: a value is JSON where it reads as such, else text. */
export function changeOf(text: string): Result<ParamChange, string> {
  const at = text.indexOf('=');
  if (at < 1) return err(`--set takes PATH=VALUE, such as path=/tmp/x, not ${text}`);
  const [path, value] = [text.slice(0, at).split('.'), text.slice(at + 1)];
  return ok({ path, value: parsed(value) });
}

/** What differs between parameters as they were and as they were written down again. */
export function changesBetween(
  params: Readonly<Record<string, unknown>>,
  text: string,
): Result<readonly ParamChange[], string> {
  const edited = parsed(text);
  if (typeof edited !== 'object' || edited === null || Array.isArray(edited)) {
    return err('what was written is no JSON object');
  }
  const gone = Object.keys(params).find((name) => !Object.hasOwn(edited, name));
  if (gone !== undefined) return err(`${gone} is gone: a parameter is changed, not taken away`);
  const other = Object.entries(edited).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(params[name]),
  );
  return ok(other.map(([name, value]) => ({ path: [name], value: value as Json })));
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    // A plain text is what is mostly meant.
    return text;
  }
}
