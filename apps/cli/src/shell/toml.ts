import { parse } from 'smol-toml';

const MOST_CHARACTERS = 1024 * 1024;
const DEEPEST = 64;

/** What a text in TOML says; undefined when it is none, or too much. */
export function tomlIn(text: string): Readonly<Record<string, unknown>> | undefined {
  if (text.length > MOST_CHARACTERS) return undefined;
  try {
    return parse(text, { maxDepth: DEEPEST });
  } catch {
    return undefined;
  }
}
