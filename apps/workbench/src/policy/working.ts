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

/** Its one answer; nobody waits for it meanwhile. */
export function answerOf<T>(work: Work): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const worker = working(work);
  worker.addEventListener('message', ({ data }: MessageEvent<T>) => resolve(data));
  worker.addEventListener('error', ({ message }) => reject(new Error(message)));
  return promise.finally(() => worker.terminate());
}
