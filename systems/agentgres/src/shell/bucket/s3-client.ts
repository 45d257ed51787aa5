import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { rootCertificates } from 'node:tls';
import { cidOf } from '@ioi/canon';
import { sigv4 } from '@ioi/crypto';
import { BUCKET_SECONDS, type BucketConfig, objectUrl } from '../../core/bucket/bucket.ts';
import { isPassing } from '../../core/bucket/codes.ts';
import { syncFolder } from '../sealed-file.ts';
import { readBucketCredentials } from './credentials.ts';
import { type Exchange, exchange } from './exchange.ts';
import { BucketFault } from './fault.ts';

const NO_BODY = createHash('sha256').digest('hex');
const TRIES = 3;
const FIRST_PAUSE_MS = 200;
const MOST_DRAINED = 65_536;
/** Whoever is slower than this as a whole is as good as silent. */
const LEAST_BYTES_PER_SECOND = 32 * 1024;

type Asked = Pick<Exchange, 'method' | 'sent'> & {
  readonly bodyHash: string;
  readonly bytes: number;
};

/**
 * Sealed files of one folder in a bucket, each under the name it has in the folder: that of its
 * bytes. What is read is of its name, or not there; what is written was read again.
 */
export class S3Client {
  readonly #config: BucketConfig;
  readonly #folder: string;
  readonly #agent: Agent | undefined;
  readonly #pauseMs: number;

  constructor(config: BucketConfig, folder: string, pauseMs = FIRST_PAUSE_MS) {
    this.#config = config;
    this.#folder = folder;
    this.#pauseMs = pauseMs;
    const { ca } = config;
    const isTls = config.endpoint.startsWith('https:');
    const own = ca === undefined ? {} : { ca: [...rootCertificates, readFileSync(ca, 'utf8')] };
    this.#agent = isTls ? new Agent({ keepAlive: true, minVersion: 'TLSv1.2', ...own }) : undefined;
  }

  /** There, and read again, when it returns. */
  async store(file: string): Promise<void> {
    const path = join(this.#folder, file);
    const { size: bytes } = await stat(path);
    const bodyHash = await hashOfFile(path);
    // What this disk has spoilt is not carried on.
    if (nameOf(bodyHash) !== file) throw changed(`${file} in this folder`);
    const asked = { method: 'PUT', sent: { path, bytes }, bodyHash, bytes } as const;
    await this.#again(file, asked, drained);
    await this.#again(file, read(bytes), (answer) => checked(answer, file, bytes));
  }

  /** In the folder again, on disk, when it returns; nothing is there under its name before. */
  async recall(file: string, bytes: number): Promise<void> {
    const path = join(this.#folder, `${randomUUID()}.new`);
    let held: FileHandle | undefined;
    try {
      await this.#again(file, read(bytes), async (answer) => {
        await held?.close();
        held = await open(path, 'w', 0o600);
        await checked(answer, file, bytes, held);
        await held.sync();
      });
      await rename(path, join(this.#folder, file));
      syncFolder(this.#folder);
    } finally {
      await held?.close();
      await rm(path, { force: true });
    }
  }

  /** Not there any more, whether or not it was. */
  async remove(file: string): Promise<void> {
    const asked = { method: 'DELETE', bodyHash: NO_BODY, bytes: 0 } as const;
    try {
      await this.#again(file, asked, drained);
    } catch (fault) {
      if (!(fault instanceof BucketFault && fault.code === 'bucket.missing')) throw fault;
    }
  }

  close(): void {
    this.#agent?.destroy();
  }

  /** What passes is tried again, a little later each time. */
  async #again(
    file: string,
    asked: Asked,
    take: (answer: IncomingMessage) => Promise<void>,
  ): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        return await exchange(this.#signed(file, asked), take);
      } catch (fault) {
        const isLast = tries === TRIES || !(fault instanceof BucketFault && isPassing(fault.code));
        if (isLast) throw fault;
        await sleep(this.#pauseMs * 2 ** (tries - 1) * (0.5 + Math.random()));
      }
    }
  }

  #signed(file: string, { method, sent, bodyHash, bytes }: Asked): Exchange {
    const { region, credentials, seconds = BUCKET_SECONDS } = this.#config;
    const { session_token: token, ...key } = readBucketCredentials(credentials);
    const { origin, path } = objectUrl(this.#config, file);
    const date = new Date().toISOString().replaceAll(/[:-]|\.[0-9]{3}/g, '');
    const own = {
      host: new URL(origin).host,
      'x-amz-content-sha256': bodyHash,
      'x-amz-date': date,
      ...(token === undefined ? {} : { 'x-amz-security-token': token }),
    };
    const signing = { ...key, region, service: 's3', date };
    const asked = { method, path, query: [], headers: Object.entries(own), bodyHash };
    const length = sent ? { 'content-length': String(sent.bytes) } : {};
    const silentMs = seconds * 1000;
    const wholeMs = silentMs * 3 + Math.ceil((bytes / LEAST_BYTES_PER_SECOND) * 1000);
    return {
      ...{ method, origin, path, agent: this.#agent, silentMs, wholeMs },
      headers: { ...own, ...length, authorization: sigv4(asked, signing) },
      ...(sent ? { sent } : {}),
    };
  }
}

/** So that the connection can be used again; an answer that says too much ends with it. */
async function drained(answer: IncomingMessage): Promise<void> {
  let taken = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    taken += piece.length;
    if (taken > MOST_DRAINED) return;
  }
}

function read(bytes: number): Asked {
  return { method: 'GET', bodyHash: NO_BODY, bytes };
}

/** Reads an object whole, keeping it where told; faults unless it is of its length and name. */
async function checked(
  answer: IncomingMessage,
  file: string,
  bytes: number,
  held?: FileHandle,
): Promise<void> {
  const hash = createHash('sha256');
  let taken = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    taken += piece.length;
    if (taken > bytes) throw changed(`${file} in the bucket`);
    hash.update(piece);
    await held?.writeFile(piece);
  }
  if (taken < bytes && !answer.complete) throw new BucketFault('bucket.unreachable', 'it hung up');
  if (taken !== bytes || nameOf(hash.digest('hex')) !== file)
    throw changed(`${file} in the bucket`);
}

async function hashOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return hash.digest('hex');
}

function nameOf(hash: string): string {
  return cidOf(`sha256:${hash}`);
}

function changed(what: string): BucketFault {
  return new BucketFault('bucket.other_content', `${what} is not what was put there`);
}
