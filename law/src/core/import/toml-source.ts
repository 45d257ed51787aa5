import type { Place, SourceFile } from './statement.ts';

/** A settings file in TOML; lines are found again in the text, as well as that can be. */
export class TomlSource {
  readonly #file: string;
  readonly #lines: readonly string[];
  readonly root: Readonly<Record<string, unknown>>;

  private constructor(file: string, text: string, root: Readonly<Record<string, unknown>>) {
    this.#file = file;
    this.#lines = text.split('\n');
    this.root = root;
  }

  /** Undefined when the text is no TOML. */
  static of({ file, text, toml }: SourceFile): TomlSource | undefined {
    return toml === undefined ? undefined : new TomlSource(file, text, toml);
  }

  /** The value at these names; undefined where something on the way is not there. */
  at(names: readonly string[]): unknown {
    let value: unknown = this.root;
    for (const name of names) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) {
        return undefined;
      }
      value = (value as Readonly<Record<string, unknown>>)[name];
    }
    return value;
  }

  /** Where the first line begins that sets this name. */
  placeOf(name: string): Place {
    return this.#placeAt(this.#lines.findIndex((line) => line.trimStart().startsWith(name)));
  }

  /** Where the table of an array of tables begins, counted from 0. */
  placeOfTable(name: string, index: number): Place {
    const head = new RegExp(`^\\s*\\[\\[\\s*${name}\\s*\\]\\]`);
    const heads = this.#lines.flatMap((line, at) => (head.test(line) ? [at] : []));
    return this.#placeAt(heads[index] ?? -1);
  }

  #placeAt(index: number): Place {
    return { file: this.#file, line: index + 1 || 1, text: this.#lines[index]?.trim() ?? '' };
  }
}
