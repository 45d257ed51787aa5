import { isCommandPattern, printCommandPattern, readCommandPattern } from '../commands/index.ts';
import type { Reading } from './reader.ts';

export function readCommandText(
  value: string,
  pointer: string,
  { faults }: Reading,
): string | undefined {
  const pattern = readCommandPattern(value);
  if (isCommandPattern(pattern)) return printCommandPattern(pattern);
  return faults.add({ code: 'policy.invalid_command', pointer, ...pattern });
}
