import { mainPath } from '@ioi/law';
import { preview } from '../visible.ts';
import type { Act } from './pre-approval.ts';

const COLUMNS = 96;

/** To the end, however long: what was not shown would be signed unseen. */
export function actLines({ target, params }: Act, hash: string): string[] {
  const about = mainPath(Object(params) as Record<string, unknown>) ?? '';
  const text = JSON.stringify(params, undefined, 1);
  const { lines } = preview(text, COLUMNS, Number.POSITIVE_INFINITY);
  return [`  ${target}  ${about}`, `  ${hash}`, ...lines.map((line) => `  │ ${line}`)];
}
