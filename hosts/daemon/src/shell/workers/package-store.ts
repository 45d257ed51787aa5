import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { err, ok, type Result } from '@ioi/basis';
import { type Digest, digestBytes } from '@ioi/canon';
import type { Rejection } from '@ioi/protocol';

const ENDING = '.worker';
const NEW = '.new';
const DAY_MS = 24 * 60 * 60 * 1000;

/** Packages of workers by their digest: each is whole and on disk before anybody signs for it. */
export class PackageStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** On disk when it returns. What is there already is written again: it may have been harmed. */
  keep(bytes: Uint8Array): Digest {
    const digest = digestBytes(bytes);
    const path = this.#pathOf(digest);
    const fresh = `${path}${NEW}`;
    writeFileSync(fresh, bytes, { mode: 0o600, flush: true });
    renameSync(fresh, path);
    const folder = openSync(this.#folder, 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
    return digest;
  }

  has(digest: Digest): boolean {
    return statSync(this.#pathOf(digest), { throwIfNoEntry: false })?.isFile() === true;
  }

  /** Never other bytes than those of the digest. */
  read(digest: Digest): Result<Uint8Array, Rejection> {
    let bytes: Uint8Array;
    try {
      bytes = new Uint8Array(readFileSync(this.#pathOf(digest)));
    } catch (fault) {
      const message = `the package ${digest} cannot be read: ${String(fault)}`;
      return err({ code: 'worker.package_missing', message });
    }
    if (digestBytes(bytes) === digest) return ok(bytes);
    const message = `what is kept as ${digest} is something else: install it again`;
    return err({ code: 'worker.package_damaged', message });
  }

  /** Throws away what was left half written, and what nobody installed within a day. */
  sweep(installed: ReadonlySet<string>, now: number): void {
    for (const name of readdirSync(this.#folder)) {
      const path = join(this.#folder, name);
      const digest = `sha256:${name.slice(0, -ENDING.length)}`;
      if (name.endsWith(ENDING) && installed.has(digest)) continue;
      const age = now - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? now);
      if (name.endsWith(NEW) || age > DAY_MS) rmSync(path, { force: true });
    }
  }

  #pathOf(digest: Digest): string {
    return join(this.#folder, `${digest.slice('sha256:'.length)}${ENDING}`);
  }
}
