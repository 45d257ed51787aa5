// Alone: it is read in the thread of each guest, which needs nothing else of the law.
import { redactText } from '@ioi/law/redact';

/** Read beyond what is kept, so that a secret at the cut is seen whole. */
const WITHIN = 2;

/** The beginning of a text, without secrets: none is cut so that nobody knows it for one. */
export function beginningOf(text: string, most: number): string {
  const read = text.slice(0, most * WITHIN).toWellFormed();
  return redactText(read).text.slice(0, most).toWellFormed();
}

/** The same of its end. */
export function endingOf(text: string, most: number): string {
  const read = text.slice(-most * WITHIN).toWellFormed();
  return redactText(read).text.slice(-most).toWellFormed();
}
