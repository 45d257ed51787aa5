import type { Json } from '@ioi/canon';
import { isObject } from '@ioi/jsonrpc';

/** Least severe first (MCP logging, after RFC 5424). */
const LEVELS: readonly unknown[] = [
  'debug',
  'info',
  'notice',
  'warning',
  'error',
  'critical',
  'alert',
  'emergency',
];

export function isLevel(level: unknown): level is string {
  return LEVELS.includes(level);
}

/** Whether parameters of a `notifications/message` are at or above the level asked for. */
export function reaches(params: Json, level: string): boolean {
  const given = isObject(params) ? params['level'] : undefined;
  const rank = LEVELS.indexOf(given);
  return rank >= LEVELS.indexOf(level);
}
