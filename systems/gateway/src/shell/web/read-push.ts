import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { inflateSync } from 'node:zlib';
import { err, ok, type Result } from '@ioi/basis';
import { judgePush, type SeenPack } from '../../core/web/git/judge-push.ts';
import { applyDelta, type Commit, readCommit, readEntry } from '../../core/web/git/objects.ts';
import { looksLikePush, type PushRequest } from '../../core/web/git/push.ts';
import { readReceiveRequest } from '../../core/web/git/receive-request.ts';
import type { WebAct, WebRefusal } from '../../core/web/web-act.ts';

const MOST_OBJECTS = 100_000;
const MOST_UNPACKED_BYTES = 128 * 1024 * 1024;
/** Objects between two turns: each takes some 20 us. */
const IN_ONE_TURN = 100;
const HEAD_BYTES = 12;

/**
 * What a request would push, read from its bytes; undefined of one that is no push. What a server
 * could read otherwise than this is refused.
 */
export async function readPush(
  act: Omit<WebAct, 'git'>,
): Promise<Result<PushRequest | undefined, WebRefusal>> {
  const { method, url, headers, body } = act;
  const valuesOf = (wanted: string) =>
    headers.flatMap(([name, value]) => (name === wanted ? [value] : []));
  const isPush = looksLikePush(new URL(url).pathname, valuesOf('content-type'));
  if (method !== 'POST' || !isPush) return ok(undefined);
  if (valuesOf('content-encoding').length > 0) return refuse('it is in a coding of its own');
  const request = readReceiveRequest(body ?? new Uint8Array());
  if (!request.ok) return refuse(request.error);
  if (request.value === undefined) return ok({ kind: 'probe' });
  const { packAt, digits } = request.value;
  const pack = packAt === undefined ? NONE : await new Pack(digits).read(body?.subarray(packAt));
  return ok({ kind: 'push', push: judgePush(request.value, pack) });
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
      if (seen % IN_ONE_TURN === IN_ONE_TURN - 1) await turn();
      at = this.#readAt(bytes, at);
      if (at === undefined) return 'an object that is none, or too large';
    }
    return at + this.#digits / 2 === bytes.length ? undefined : 'more, or less, than its objects';
  }

  /** Where the next one begins. */
  #readAt(bytes: Uint8Array, at: number): number | undefined {
    const entry = readEntry(bytes, at, this.#digits);
    if (entry === undefined || this.#unpacked + entry.size > MOST_UNPACKED_BYTES) return undefined;
    this.#unpacked += entry.size;
    const unpacked = unpack(bytes.subarray(at + entry.length), entry.size);
    if (unpacked === undefined) return undefined;
    const { data } = unpacked;
    const { kind, back, base } = entry;
    if (kind === 'offset_delta' || kind === 'named_delta') {
      const other =
        base === undefined ? this.#byPlace.get(at - (back ?? 0)) : this.#byName.get(base);
      if (other === undefined && base === undefined) return undefined;
      this.#keepDelta(at, other, data);
    } else this.#keep(at, kind, data);
    return at + entry.length + unpacked.length;
  }

  #keep(at: number, kind: string, data: Uint8Array): void {
    const name = this.#nameOf(kind, data);
    const own: Base = kind === 'commit' ? { kind, data } : { kind: 'other' };
    this.#byPlace.set(at, own);
    this.#byName.set(name, own);
    if (kind !== 'commit') return;
    const commit = readCommit(data);
    if (commit === undefined) this.#untold += 1;
    else this.#commits.set(name, commit);
  }

  #keepDelta(at: number, base: Base | undefined, delta: Uint8Array): void {
    if (base?.kind === 'other') {
      this.#byPlace.set(at, base);
      return;
    }
    const made = base?.data && applyDelta(base.data, delta, MOST_UNPACKED_BYTES - this.#unpacked);
    this.#unpacked += made?.length ?? 0;
    if (made === undefined) {
      this.#untold += 1;
      this.#byPlace.set(at, { kind: 'untold' });
    } else this.#keep(at, 'commit', made);
  }

  #nameOf(kind: string, data: Uint8Array): string {
    const hash = createHash(this.#digits === 64 ? 'sha256' : 'sha1');
    return hash.update(`${kind} ${data.length}\0`).update(data).digest('hex');
  }
}

/** And how many bytes of them it took. */
function unpack(bytes: Uint8Array, size: number): { data: Uint8Array; length: number } | undefined {
  try {
    const options = { info: true, maxOutputLength: Math.max(size, 1) } as const;
    const { buffer, engine } = inflateSync(bytes, options) as unknown as {
      buffer: Buffer;
      engine: { bytesWritten: number };
    };
    return buffer.length === size ? { data: buffer, length: engine.bytesWritten } : undefined;
  } catch {
    return undefined;
  }
}
