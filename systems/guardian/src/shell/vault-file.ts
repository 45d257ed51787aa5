import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { encodeHex, err, faultCode, ok, type Result } from '@ioi/basis';
import type { Refusal } from '../core/index.ts';
import {
  type Anchored,
  afterIntent,
  HEAD,
  hasItsShape,
  headOf,
  judgeVault,
  settled,
  UNANCHORED,
} from '../core/vault-anchor.ts';
import { formatVaultLines, lineDigest, readVaultLines } from '../core/vault-lines.ts';
import type { VaultAnchor } from './vault-anchor.ts';

export type VaultChange = {
  readonly puts: ReadonlyMap<string, string>;
  readonly removed?: readonly string[];
};

/** Each holds all of it: a write that a crash tears leaves the other. */
const FILES = ['vault.lines', 'vault.copy.lines'] as const;
const MOST_BYTES = 64 * 1024 * 1024;

const REFUSED: Readonly<Record<string, string>> = {
  rolled_back: 'the vault was put back to what it was before',
  foreign: 'the vault is not the one this guardian wrote last',
  missing: 'the vault is gone',
};

/**
 * The vault's file and its copy, one line a record, each written anew with every change. What they
 * must hold stands in the guardian's own store, which is written before and after.
 */
export class VaultFile {
  readonly #folder: string;
  readonly #anchor: VaultAnchor;
  #anchored: Anchored = UNANCHORED;
  #records: ReadonlyMap<string, string> = new Map();
  #lost: readonly string[] = [];
  #refusal: Refusal | undefined;

  constructor(folder: string, anchor: VaultAnchor) {
    this.#folder = folder;
    this.#anchor = anchor;
    this.#load();
  }

  /** Why nothing of it is gone by, if so. */
  get refusal(): Refusal | undefined {
    return this.#refusal;
  }

  /** There never was one. */
  get isNew(): boolean {
    return this.#refusal === undefined && this.#anchored.version === 0;
  }

  get vaultId(): string {
    return this.#anchored.vault_id;
  }

  get version(): number {
    return this.#anchored.version;
  }

  /** Places of what the disk lost. */
  get lost(): readonly string[] {
    return this.#lost;
  }

  get<T>(place: string): T | undefined {
    const text = this.#records.get(place);
    return text === undefined ? undefined : (JSON.parse(text) as T);
  }

  places(prefix: string): string[] {
    return [...this.#records.keys()].filter((place) => place.startsWith(prefix));
  }

  /** The name of a vault that is about to be made. */
  begin(): string {
    const vault_id = encodeHex(randomBytes(16));
    this.#anchored = { ...UNANCHORED, vault_id };
    return vault_id;
  }

  /** All of it or nothing, also through a crash. */
  write({ puts, removed = [] }: VaultChange): Result<void, Refusal> {
    if (this.#refusal !== undefined) return err(this.#refusal);
    const { vault_id, version } = this.#anchored;
    const head = JSON.stringify({ vault_id, version: version + 1 });
    const changed = new Map([[HEAD, head], ...puts]);
    const digests = [...changed].map(([place, text]) => [place, lineDigest(place, text)]);
    const intent = { puts: Object.fromEntries(digests), removed };
    const kept = [...this.#records].filter(([place]) => !removed.includes(place));
    const records = new Map([...kept, ...changed]);
    const text = formatVaultLines(records);
    if (text.length > MOST_BYTES) return err({ code: 'vault.full', message: 'the vault is full' });
    try {
      this.#anchor.save({ ...this.#anchored, intent });
      writeSynced(join(this.#folder, FILES[0]), text);
      const anchored = afterIntent(this.#anchored, intent);
      this.#anchor.save(anchored);
      this.#anchored = anchored;
      writeSynced(join(this.#folder, FILES[1]), text);
    } catch (fault) {
      this.#load();
      const reason = faultCode(fault as Error, 'unknown');
      return err({ code: 'vault.not_written', message: `the disk did not take it (${reason})` });
    }
    this.#records = records;
    this.#lost = this.#lost.filter((place) => !removed.includes(place) && !changed.has(place));
    return ok(undefined);
  }

  /** The owner goes by the file as it is: what it holds of this or another time counts. */
  adopt(): Result<void, Refusal> {
    const [text] = this.#texts();
    if (text === undefined) return err(refusalOf('missing'));
    const lines = readVaultLines(text);
    const { vault_id, version } = headOf(lines);
    if (vault_id === undefined || version === undefined) {
      return err({ code: 'vault.damaged', message: 'the file no longer says which vault it is' });
    }
    const higher = Math.max(version, this.#anchored.version);
    this.#anchored = { vault_id, version: higher, manifest: {} };
    this.#records = new Map();
    this.#lost = [];
    this.#refusal = undefined;
    const whole = lines.filter(hasItsShape).map(({ place, text: said }) => [place, said] as const);
    return this.write({ puts: new Map(whole) });
  }

  /** Puts the file aside; a new one may begin. The name under which it lies is given. */
  setAside(): string {
    const suffix = `.aside-${Date.now()}`;
    for (const name of FILES) {
      const path = join(this.#folder, name);
      if (readFile(path) !== undefined) renameSync(path, `${path}${suffix}`);
    }
    this.#anchor.save(UNANCHORED);
    this.#load();
    return `${FILES[0]}${suffix}`;
  }

  #load(): void {
    this.#records = new Map();
    this.#lost = [];
    this.#refusal = undefined;
    const anchored = this.#anchor.read();
    if (!anchored.ok) {
      this.#refusal = anchored.error;
      return;
    }
    this.#compare(anchored.value, this.#texts());
  }

  #texts(): string[] {
    const texts = FILES.map((name) => readFile(join(this.#folder, name)));
    return texts.filter((text) => text !== undefined);
  }

  #compare(remembered: Anchored, texts: readonly string[]): void {
    const lines = texts.flatMap(readVaultLines);
    this.#anchored = settled(remembered, lines);
    if (remembered.intent !== undefined) this.#anchor.save(this.#anchored);
    if (texts.length === 0) {
      if (this.#anchored.version > 0) this.#refusal = refusalOf('missing');
      return;
    }
    const judged = judgeVault(this.#anchored, lines);
    if (judged.kind !== 'read') {
      this.#refusal = refusalOf(judged.kind);
      return;
    }
    this.#records = judged.records;
    this.#lost = judged.lost;
    if (this.#anchored.version > 0 && this.#lost.length === 0) this.#mend(texts);
  }

  /** Both as they must be, where one was torn, damaged or left behind. */
  #mend(texts: readonly string[]): void {
    const text = formatVaultLines(this.#records);
    if (texts.length === FILES.length && texts.every((each) => each === text)) return;
    for (const name of FILES) writeSynced(join(this.#folder, name), text);
  }
}

function refusalOf(why: string): Refusal {
  return { code: `vault.${why}`, message: `${REFUSED[why]}; see: ioi wallet vault status` };
}

/** Undefined where there is none. What is no text is read as far as it is one. */
function readFile(path: string): string | undefined {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
  return readFileSync(path).subarray(0, MOST_BYTES).toString('utf8');
}

/** On disk when it returns. A guardian may not call fsync: its own permissions forbid it. */
function writeSynced(path: string, text: string): void {
  const { O_WRONLY, O_CREAT, O_TRUNC, O_SYNC } = constants;
  const file = openSync(path, O_WRONLY | O_CREAT | O_TRUNC | O_SYNC, 0o600);
  try {
    writeFileSync(file, text);
  } finally {
    closeSync(file);
  }
}
