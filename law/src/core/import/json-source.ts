import { type Json, parseStrict } from '@ioi/canon';
import { toPlainJson } from '../policy/jsonc.ts';
import { lineStarts, locate, positionOf } from '../policy/locate.ts';
import type { Place } from './statement.ts';

const MOST_BYTES = 1024 * 1024;

type JsonObject = { readonly [name: string]: Json };

/** A settings file in JSON, comments allowed, whose values know their lines. */
export class JsonSource {
  readonly #file: string;
  readonly #text: string;
  readonly #starts: readonly number[];
  readonly root: JsonObject;

  private constructor(file: string, text: string, root: JsonObject) {
    this.#file = file;
    this.#text = text;
    this.#starts = lineStarts(text);
    this.root = root;
  }

  /** Undefined when the text is no JSON object, or has a name twice. */
  static read(file: string, text: string): JsonSource | undefined {
    const plain = text.length > MOST_BYTES ? text : toPlainJson(text);
    const parsed = parseStrict(plain, { maxBytes: MOST_BYTES });
    if (!parsed.ok || !isObject(parsed.value)) return undefined;
    return new JsonSource(file, plain, parsed.value);
  }

  /** The value at these names; undefined where something on the way is not there. */
  at(names: readonly string[]): Json | undefined {
    let value: Json | undefined = this.root;
    for (const name of names) {
      if (!isObject(value) || !Object.hasOwn(value, name)) return undefined;
      value = value[name];
    }
    return value;
  }

  /** Entries of the list at these names with their places; one that is no list is one entry. */
  entries(names: readonly string[]): readonly { readonly value: Json; readonly place: Place }[] {
    const list = this.at(names);
    if (list === undefined) return [];
    if (!Array.isArray(list)) return [{ value: list, place: this.place(names) }];
    return list.map((value, index) => ({ value, place: this.place([...names, String(index)]) }));
  }

  place(names: readonly string[]): Place {
    const pointer = names.map((name) => `/${escapeStep(name)}`).join('');
    const span = locate(this.#text, [pointer]).get(pointer);
    const offset = span?.name ?? span?.start ?? 0;
    const { line } = positionOf(offset, this.#starts);
    const text = this.#text.slice(offset, span?.end ?? offset);
    return { file: this.#file, line, text };
  }
}

function escapeStep(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
