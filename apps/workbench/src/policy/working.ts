import { answerFrom } from '../beside.ts';
import type { ToLease } from './lease-of.ts';
import type { Draft } from './study-draft.ts';
import type { ToSuggest } from './suggest.ts';

/** What is worked out beside the page. */
export type Work =
  | { readonly studying: Draft }
  | { readonly suggesting: ToSuggest }
  | { readonly leasing: ToLease };

/** Somebody who works on this and answers in messages, until ended. */
export function working(work: Work): Worker {
  const worker = new Worker(new URL('./study-worker.ts', import.meta.url), { type: 'module' });
  worker.postMessage(work);
  return worker;
}

/** Its one answer. */
export function answerOf<T>(work: Work): Promise<T> {
  return answerFrom(working(work));
}
