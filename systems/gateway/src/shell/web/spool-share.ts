import { err, type Result } from '@ioi/basis';
import type { LargeBody, WebRefusal } from '../../core/web/web-act.ts';
import type { BodySpool } from './body-spool.ts';

/** What a door needs of where long bodies stand. */
export type Spool = Pick<BodySpool, 'tooLarge' | 'take' | 'hold' | 'release' | 'pieces'>;

type Own = { readonly bytes: number; users: number };

/**
 * The bodies of one program on a spool that it shares with others. It may have as much there as is
 * left free: alone half of all, the next half of the rest. So one that comes new finds room.
 */
export class SpoolShare implements Spool {
  readonly #spool: BodySpool;
  readonly #own = new Map<string, Own>();
  /** With those that are still coming. */
  #bytes = 0;

  constructor(spool: BodySpool) {
    this.#spool = spool;
  }

  tooLarge(bytes: number): WebRefusal | undefined {
    return this.#spool.tooLarge(bytes);
  }

  async take(chunks: AsyncIterable<Uint8Array>): Promise<Result<LargeBody, WebRefusal>> {
    const came = { bytes: 0 };
    try {
      const taken = await this.#spool.take(this.#counted(chunks, came));
      if (taken.ok) this.#count(taken.value);
      return taken;
    } catch (fault) {
      if (fault instanceof ShareUsedUp) return err(fault.refusal);
      throw fault;
    } finally {
      this.#bytes -= came.bytes;
    }
  }

  hold(digest: string): boolean {
    if (!this.#spool.hold(digest)) return false;
    const own = this.#own.get(digest);
    if (own !== undefined) own.users += 1;
    return true;
  }

  release(digest: string): void {
    this.#spool.release(digest);
    const own = this.#own.get(digest);
    if (own === undefined) return;
    own.users -= 1;
    if (own.users > 0) return;
    this.#own.delete(digest);
    this.#bytes -= own.bytes;
  }

  pieces(digest: string): Iterable<Uint8Array> | undefined {
    return this.#spool.pieces(digest);
  }

  #count({ digest, bytes }: LargeBody): void {
    const own = this.#own.get(digest);
    if (own !== undefined) own.users += 1;
    else {
      this.#own.set(digest, { bytes, users: 1 });
      this.#bytes += bytes;
    }
  }

  async *#counted(
    chunks: AsyncIterable<Uint8Array>,
    came: { bytes: number },
  ): AsyncGenerator<Uint8Array, void> {
    for await (const chunk of chunks) {
      came.bytes += chunk.length;
      this.#bytes += chunk.length;
      const { room } = this.#spool;
      // Where there is none for anybody, the spool says so.
      if (room > 0 && this.#bytes > room - chunk.length) throw new ShareUsedUp(this.#bytes);
      yield chunk;
    }
  }
}

/** Ends what is being taken, whose file goes with it. */
class ShareUsedUp extends Error {
  readonly refusal: WebRefusal;

  constructor(bytes: number) {
    const said = `bodies of this program that are not sent yet would have ${bytes} bytes`;
    const message = `${said}, more than its share: ask again when one was sent or decided`;
    super(message);
    this.refusal = { code: 'web.bodies_share', message };
  }
}
