import { redactText } from '@ioi/law';

const MOST_DETAIL = 4000;

/** What a worker says of its end stays in the log: no secret that it printed stays with it. */
export function sealable(detail: string): string {
  return redactText(detail.toWellFormed()).text.slice(0, MOST_DETAIL).toWellFormed();
}
