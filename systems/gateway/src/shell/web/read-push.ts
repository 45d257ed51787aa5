import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { inflate, inflateSync } from 'node:zlib';
import { err, ok, type Result } from '@ioi/basis';
import { applyDelta, type Commit, madeSize, type PackEntry, readCommit, readEntry } from '@ioi/law';
import type { CancelSignal } from '@ioi/protocol';
import { judgePush, type SeenPack } from '../../core/web/git/judge-push.ts';
import { isPlainAddress, looksLikePush, type PushRequest } from '../../core/web/git/push.ts';
import { readReceiveRequest } from '../../core/web/git/receive-request.ts';
import type { WebAct, WebRefusal } from '../../core/web/web-act.ts';
import { MOST_READ_BYTES } from './read-body.ts';

const MOST_OBJECTS = 100_000;
const MOST_UNPACKED_BYTES = 128 * 1024 * 1024;
/** Of one commit: its message, and whatever signs it or what it merges. */
const MOST_COMMIT_BYTES = 256 * 1024;
/** Worked on between two turns. */
const IN_ONE_TURN = 1024 * 1024;
/** What an object costs beside its bytes, in those: some 20 us. */
const PER_OBJECT = 8 * 1024;
const HEAD_BYTES = 12;

/** Reads the pushes of a node, one pack at a time: each may take all the room there is for one. */
export class PushReader {
  #last: Promise<unknown> = Promise.resolve();

  /**
   * What a request would push, read from its bytes; undefined of one that is no push. What a server
   * could read otherwise than this is refused.
   */
  async read(
    act: Omit<WebAct, 'git'>,
    signal?: CancelSignal,
  ): Promise<Result<PushRequest | undefined, WebRefusal>> {
    const { method, url, headers, body } = act;
    const valuesOf = (wanted: string) =>
      headers.flatMap(([name, value]) => (name === wanted ? [value] : []));
    const address = new URL(url);
    if (method !== 'POST') return ok(undefined);
    if (!looksLikePush(address.pathname, valuesOf('content-type'))) return ok(undefined);
    if (act.large !== undefined) {
      const message = `of a push at most ${MOST_READ_BYTES} bytes are read, and so sent`;
      return err({ code: 'web.body_not_read', message });
    }
    if (!isPlainAddress(address) || url.endsWith('?')) {
      return refuse('its address may be that of another repository');
    }
    if (valuesOf('content-encoding').length > 0) return refuse('it is in a coding of its own');
    const request = readReceiveRequest(body ?? new Uint8Array());
    if (!request.ok) return refuse(request.error);
    if (request.value === undefined) return ok({ kind: 'probe' });
    const { packAt, digits } = request.value;
    if (packAt === undefined) return ok({ kind: 'push', push: judgePush(request.value, NONE) });
    const pack = await this.#inTurn(async () => {
      return signal?.aborted ? undefined : new Pack(digits).read(body?.subarray(packAt));
    });
    if (pack === undefined) return refuse('whoever sent it went away before it was read');
    return ok({ kind: 'push', push: judgePush(request.value, pack) });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work);
    this.#last = mine.catch(() => {});
    return mine;
  }
}

function refuse(why: string): Result<never, WebRefusal> {
  const message = `a push that is not read as git reads it: ${why}`;
  return err({ code: 'web.push_malformed', message });
}

const NONE: SeenPack = { commits: new Map(), untold: 0 };

type Kind = 'commit' | 'other' | 'untold';
/** An object that others may be deltas against. */
type Base = { readonly kind: Kind; readonly data?: Uint8Array };

/** Commits of a pack, by names of their own: what is signed in them is what is in them. */
class Pack {
  readonly #digits: 40 | 64;
  readonly #commits = new Map<string, Commit>();
  readonly #byPlace = new Map<number, Base>();
  readonly #byName = new Map<string, Base>();
  #untold = 0;
  #unpacked = 0;
  #sinceTurn = 0;

  constructor(digits: 40 | 64) {
    this.#digits = digits;
  }

  async read(bytes: Uint8Array = new Uint8Array()): Promise<SeenPack> {
    const fault = await this.#readAll(bytes);
    const about = { commits: this.#commits, untold: this.#untold };
    return fault === undefined ? about : { ...about, fault };
  }

  /** Why it was not read to its end. */
  async #readAll(bytes: Uint8Array): Promise<string | undefined> {
    const head = Buffer.from(bytes.subarray(0, HEAD_BYTES));
    const isPack = head.length === HEAD_BYTES && head.toString('latin1', 0, 4) === 'PACK';
    if (!isPack || ![2, 3].includes(head.readUInt32BE(4))) return 'it is no pack';
    const count = head.readUInt32BE(8);
    if (count > MOST_OBJECTS) return `more than ${MOST_OBJECTS} objects`;
    let at: number | undefined = HEAD_BYTES;
    for (let seen = 0; seen < count; seen += 1) {
      at = await this.#readAt(bytes, at);
      if (at === undefined) return 'an object that is none, or too large';
    }
    return at + this.#digits / 2 === bytes.length ? undefined : 'more, or less, than its objects';
  }

  /** Where the next one begins. */
  async #readAt(bytes: Uint8Array, at: number): Promise<number | undefined> {
    const entry = readEntry(bytes, at, this.#digits);
    if (entry === undefined || !this.#charge(entry.size)) return undefined;
    const { kind, back, base, size } = entry;
    if (kind === 'commit' && size > MOST_COMMIT_BYTES) return undefined;
    await this.#worked(PER_OBJECT + size);
    const unpacked = await unpack(bytes.subarray(at + entry.length), size);
    if (unpacked === undefined) return undefined;
    const { data } = unpacked;
    if (kind === 'offset_delta' || kind === 'named_delta') {
      const other =
        base === undefined ? this.#byPlace.get(at - (back ?? 0)) : this.#byName.get(base);
      if (other === undefined && base === undefined) return undefined;
      if (!(await this.#keepDelta(at, other, data))) return undefined;
    } else await this.#keep(at, kind, data);
    return at + entry.length + unpacked.length;
  }

  /** Whether there is room for so much more. */
  #charge(size: number): boolean {
    this.#unpacked += size;
    return this.#unpacked <= MOST_UNPACKED_BYTES;
  }

  /** Lets others have their turn after so much work. */
  async #worked(size: number): Promise<void> {
    this.#sinceTurn += size;
    if (this.#sinceTurn < IN_ONE_TURN) return;
    this.#sinceTurn = 0;
    await turn();
  }

  async #keep(at: number, kind: PackEntry['kind'], data: Uint8Array): Promise<void> {
    const name = await this.#nameOf(kind, data);
    const own: Base = kind === 'commit' ? { kind, data } : { kind: 'other' };
    this.#byPlace.set(at, own);
    this.#byName.set(name, own);
    if (kind !== 'commit') return;
    const commit = readCommit(data);
    if (commit === undefined) this.#untold += 1;
    else this.#commits.set(name, commit);
  }

  /**
   * Whether there was room for it. What it says it would make is charged before it is tried: one
   * that fails has cost as much as one that fits.
   */
  async #keepDelta(at: number, base: Base | undefined, delta: Uint8Array): Promise<boolean> {
    if (base?.kind === 'other') {
      this.#byPlace.set(at, base);
      return true;
    }
    const size = base?.data === undefined ? undefined : madeSize(delta);
    const isTried = size !== undefined && size <= MOST_COMMIT_BYTES;
    if (isTried && !this.#charge(size)) return false;
    if (isTried) await this.#worked(size);
    const made = isTried && base?.data ? applyDelta(base.data, delta, size) : undefined;
    if (made === undefined) {
      this.#untold += 1;
      this.#byPlace.set(at, { kind: 'untold' });
    } else await this.#keep(at, 'commit', made);
    return true;
  }

  async #nameOf(kind: string, data: Uint8Array): Promise<string> {
    const hash = createHash(this.#digits === 64 ? 'sha256' : 'sha1');
    hash.update(`${kind} ${data.length}\0`);
    for (let at = 0; at < data.length; at += IN_ONE_TURN) {
      if (at > 0) await turn();
      hash.update(data.subarray(at, at + IN_ONE_TURN));
    }
    return hash.digest('hex');
  }
}

type Unpacked = { readonly buffer: Buffer; readonly engine: { readonly bytesWritten: number } };
const inflateAside = promisify(inflate) as unknown as (
  bytes: Uint8Array,
  options: object,
) => Promise<Unpacked>;

/** And how many bytes of them it took. What is long is unpacked beside the loop. */
async function unpack(
  bytes: Uint8Array,
  size: number,
): Promise<{ data: Uint8Array; length: number } | undefined> {
  try {
    const options = { info: true, maxOutputLength: Math.max(size, 1) } as const;
    const { buffer, engine } =
      size > IN_ONE_TURN
        ? await inflateAside(bytes, options)
        : (inflateSync(bytes, options) as unknown as Unpacked);
    return buffer.length === size ? { data: buffer, length: engine.bytesWritten } : undefined;
  } catch {
    return undefined;
  }
}
