import {
  invocationsOfWords,
  isCommandPattern,
  printCommandPattern,
  readCommandPattern,
} from '../commands/index.ts';
import { RUNNING, type Scope } from './statement.ts';

/** Words a command begins with, or has in all; `*` stands for any word or words. */
export type CommandWords = { readonly words: readonly string[]; readonly isOpen: boolean };

export type Guard = { readonly scopes: readonly Scope[]; readonly isWider: boolean };

/** What a rule may allow: nothing that the words do not; undefined when that cannot be said. */
export function allowedCommand({ words, isOpen }: CommandWords): readonly Scope[] | undefined {
  const pattern = readPattern([...words, ...(isOpen ? ['**'] : [])]);
  if (pattern === undefined) return undefined;
  const sample = words.map((word) => (word === '*' ? 'x' : word));
  const other = isOpen ? [sample[0] ?? '', 'something-else'] : [...sample, 'something-else'];
  return [scopeOf(pattern, sample, words.length > 1 || !isOpen ? [other] : [])];
}

/**
 * What a rule must block or ask about: at least what the words say, more where they cannot be
 * said. Undefined when not even the program is known, or rules look through it to what it starts.
 */
export function guardedCommand({ words }: CommandWords): Guard | undefined {
  const [program = '', ...rest] = words;
  const name = program.slice(program.lastIndexOf('/') + 1);
  const said = rest.filter((word) => word !== '*');
  for (let length = said.length; length >= 0; length -= 1) {
    const kept = [name, ...said.slice(0, length)];
    const pattern = readPattern([...kept, '**']);
    if (pattern === undefined) continue;
    if (isLookedThrough(kept)) return undefined;
    return { scopes: [scopeOf(pattern, kept, [])], isWider: length < rest.length };
  }
  return undefined;
}

function readPattern(words: readonly string[]): string | undefined {
  if (words.some((word) => word === '' || /\s/.test(word))) return undefined;
  const read = readCommandPattern(words.join(' '));
  return isCommandPattern(read) ? printCommandPattern(read) : undefined;
}

function scopeOf(
  pattern: string,
  sample: readonly string[],
  others: readonly (readonly string[])[],
): Scope {
  return {
    target: RUNNING[0] ?? '',
    conditions: { allow_commands: [pattern] },
    match: [{ argv: sample }],
    notMatch: others.map((argv) => ({ argv })),
  };
}

const TAILS = [['-c', 'true'], ['1', 'true'], ['true'], []];

/** Whether some command with these words counts as what it starts alone: `bash -c`, `timeout 5`. */
function isLookedThrough(words: readonly string[]): boolean {
  return TAILS.some((tail) => {
    const { started } = invocationsOfWords([...words, ...tail]);
    return !started.some(([program]) => program === words[0]);
  });
}
