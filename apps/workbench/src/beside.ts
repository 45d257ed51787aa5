/** The one answer of somebody who works beside the page; nobody waits for it meanwhile. */
export function answerFrom<T>(worker: Worker): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  worker.addEventListener('message', ({ data }: MessageEvent<T>) => resolve(data));
  worker.addEventListener('error', ({ message }) => reject(new Error(message)));
  return promise.finally(() => worker.terminate());
}
