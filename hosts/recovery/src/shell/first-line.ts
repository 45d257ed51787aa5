import type { Readable } from 'node:stream';

/**
 * What comes before the first line feed, or before the end. Lines of node:readline end at a line
 * separator too, which JSON has as it is: within a path, or a passphrase.
 */
export function firstLine(input: Readable): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = '';
  const take = (piece: string): void => {
    text += piece;
    if (piece.includes('\n')) done();
  };
  const done = (): void => {
    input.off('data', take).off('end', done).off('error', reject);
    resolve(text.split('\n', 1)[0] ?? '');
  };
  input.setEncoding('utf8').on('data', take).once('end', done).once('error', reject);
  return promise;
}
