/** The one answer of somebody who works beside the page; nobody waits for it meanwhile. */
export function answerFrom<T>(worker: Worker): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  worker.addEventListener('message', ({ data }: MessageEvent<T>) => resolve(data));
  worker.addEventListener('error', ({ message }) => {
    // One that could not be loaded says nothing at all.
    reject(new Error(message || 'what works beside this page could not be loaded'));
  });
  return promise.finally(() => worker.terminate());
}
