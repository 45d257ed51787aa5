import type { RuntimeToolContract } from '@ioi/protocol';

/** A text of an action, by JSON pointer; `~key` and `~decoded` behind it name what is no value. */
export type InspectedText = {
  readonly at: string;
  readonly text: string;
  readonly isRewritable: boolean;
};

/** Replaces a text that stands at a place; gives it back where nothing is to be replaced. */
export type Rewrite = (text: string, at: string) => string;

/** A name of a member, which is sent like any value. */
const KEY = '~key';
/** A URL without its percent signs, which hide from a detector and from no server. */
const DECODED = '~decoded';

type Params = { readonly [name: string]: unknown };

/** Parameters that say where an action goes: with another text in them it would be another. */
const PLACES: readonly string[] = [
  'amount',
  'app',
  'destination',
  'host',
  'intents',
  'method',
  'path',
  'paths',
  'source',
  'url',
];

/** Every text, name and number of the parameters, in the order of the parameters. */
export function textsIn(params: Params, contract: RuntimeToolContract): InspectedText[] {
  const texts: InspectedText[] = [];
  for (const [name, value] of Object.entries(params)) {
    const isRewritable = isFree(name, contract);
    collect(value, { at: pointer('', name), isRewritable }, texts);
  }
  return texts;
}

function isFree(name: string, { parameters }: RuntimeToolContract): boolean {
  const kind = parameters.find((each) => each.parameter === name)?.kind;
  return !PLACES.includes(name) && (kind === undefined || kind === 'content' || kind === 'value');
}

function collect(
  value: unknown,
  place: { readonly at: string; readonly isRewritable: boolean },
  texts: InspectedText[],
): void {
  const { at, isRewritable } = place;
  if (typeof value === 'number') texts.push({ at, text: String(value), isRewritable: false });
  else if (typeof value === 'string') {
    texts.push({ at, text: value, isRewritable });
    if (isRewritable || !value.includes('%')) return;
    texts.push({ at: at + DECODED, text: percentDecoded(value), isRewritable: false });
  } else if (Array.isArray(value)) {
    for (const [index, each] of value.entries()) {
      collect(each, { at: pointer(at, String(index)), isRewritable }, texts);
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, each] of Object.entries(value)) {
      const inner = pointer(at, name);
      texts.push({ at: inner + KEY, text: name, isRewritable: false });
      collect(each, { at: inner, isRewritable }, texts);
    }
  }
}

/** The parameters with texts replaced; what is not replaced stays the same value. */
export function rewritten(params: Params, rewrite: Rewrite): Params {
  return mapMembers(params, (name, value) => {
    const at = pointer('', name);
    return [name, rewriteValue(value, at, rewrite)];
  });
}

function rewriteValue(value: unknown, at: string, rewrite: Rewrite): unknown {
  if (typeof value === 'number') {
    const text = String(value);
    const replaced = rewrite(text, at);
    return replaced === text ? value : replaced;
  }
  if (typeof value === 'string') return rewriteText(value, at, rewrite);
  if (Array.isArray(value)) {
    return value.map((each, index) => rewriteValue(each, pointer(at, String(index)), rewrite));
  }
  if (typeof value !== 'object' || value === null) return value;
  return mapMembers(value as Params, (name, each) => {
    const inner = pointer(at, name);
    return [rewrite(name, inner + KEY), rewriteValue(each, inner, rewrite)];
  });
}

/** What only shows decoded has no place of its own in the text: the whole text goes. */
function rewriteText(text: string, at: string, rewrite: Rewrite): string {
  if (!text.includes('%')) return rewrite(text, at);
  const decoded = percentDecoded(text);
  const shown = rewrite(decoded, at + DECODED);
  return shown === decoded ? rewrite(text, at) : shown;
}

function mapMembers(
  value: Params,
  map: (name: string, each: unknown) => [string, unknown],
): Params {
  return Object.fromEntries(Object.entries(value).map(([name, each]) => map(name, each)));
}

/** RFC 6901 section 3. */
function pointer(at: string, step: string): string {
  return `${at}/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** ASCII only: no detector looks for what is written in two bytes or more. */
function percentDecoded(text: string): string {
  return text.replace(/%([0-7][0-9a-fA-F])/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
