import { PassThrough } from 'node:stream';
import type { Digest } from '@ioi/canon';
import type { LongAnswer } from '@ioi/drivers/shell';
import { type BodySpool, type Spool, SpoolShare } from '@ioi/gateway/shell';
import type { SealedAction } from '@ioi/protocol';
import { outputClassOf } from '../../core/index.ts';
import type { Contents } from '../contents.ts';

type Keeping = Pick<Contents, 'mostKept' | 'keepLarge'>;

/** Of one answer, between who hands it on and the disk. */
const AHEAD_BYTES = 1024 * 1024;

/**
 * Keeps answers too long for a receipt under the digest it names, where outputs are kept: on the
 * spool of long bodies while they come, of which all answers together are one user.
 */
export function longAnswers(spool: BodySpool, contents: Keeping) {
  const share = new SpoolShare(spool);
  return (action: SealedAction): LongAnswer | undefined => {
    const most = contents.mostKept(outputClassOf(action.request.context.agent_id));
    return most === 0 ? undefined : new WrittenAnswer({ action, most, contents, share });
  };
}

type Writing = {
  readonly action: SealedAction;
  readonly most: number;
  readonly contents: Keeping;
  readonly share: Spool;
};

/** Whatever becomes of it on the disk, the answer itself goes on. */
class WrittenAnswer implements LongAnswer {
  readonly #writing: Writing;
  readonly #stream = new PassThrough({ highWaterMark: AHEAD_BYTES });
  readonly #taken: ReturnType<Spool['take']>;
  #bytes = 0;

  constructor(writing: Writing) {
    this.#writing = writing;
    this.#stream.on('error', () => {});
    this.#taken = writing.share.take(this.#stream);
    this.#taken.catch(() => {});
  }

  async write(chunk: Uint8Array): Promise<void> {
    const stream = this.#stream;
    this.#bytes += chunk.length;
    if (this.#bytes > this.#writing.most) stream.destroy(new Error('longer than may be kept'));
    if (stream.destroyed || stream.write(chunk)) return;
    await new Promise<void>((resolve) => {
      const go = (): void => {
        stream.off('drain', go).off('close', go);
        resolve();
      };
      stream.on('drain', go).on('close', go);
    });
  }

  /** Nobody waits for it: what was performed is told without it. */
  end(isWhole: boolean): void {
    if (isWhole) this.#stream.end();
    else this.#stream.destroy(new Error('it broke off'));
    this.#keep().catch(() => {});
  }

  async #keep(): Promise<void> {
    const { share, contents, action } = this.#writing;
    const taken = await this.#taken;
    if (!taken.ok) return;
    const { digest } = taken.value;
    try {
      const { request, committed } = action;
      const call = { request, requestHash: committed.request_hash as Digest };
      const pieces = share.pieces(digest) ?? [];
      const artifactClass = outputClassOf(request.context.agent_id);
      await contents.keepLarge(taken.value, call, pieces, artifactClass);
    } finally {
      share.release(digest);
    }
  }
}
