import { readFileSync } from 'node:fs';
import { parseStrict } from '@ioi/canon';
import { messageOf, usageFault } from './fault.ts';

type JsonObject = Record<string, unknown>;

/** A JSON object from a flag: its text, `@FILE`, or `@-` for standard input. */
export function objectArgument(flag: string, given: string): JsonObject {
  return objectIn(given.startsWith('@') ? textIn(given.slice(1)) : given, flag);
}

/** The JSON object in a file. */
export function objectFile(path: string): JsonObject {
  return objectIn(textIn(path), path);
}

function textIn(path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (fault) {
    throw usageFault(`${path} cannot be read: ${messageOf(fault)}`);
  }
}

function objectIn(text: string, what: string): JsonObject {
  const parsed = parseStrict(text);
  if (!parsed.ok) throw usageFault(`${what}: ${parsed.error.message}`);
  const { value } = parsed;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw usageFault(`${what} is no JSON object`);
}
