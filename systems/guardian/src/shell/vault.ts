import { encodeUtf8, err, ok, type Result } from '@ioi/basis';
import type { HybridKey, KdfCost } from '@ioi/crypto/shell';
import type { ClockReading, Refusal } from '../core/index.ts';
import { MAX_GRANT } from '../core/new-secret.ts';
import { checkBinding, checkExpiry, type NewSecret, type VaultItem } from '../core/vault-item.ts';
import {
  readVaultAsk,
  type SecretAsked,
  type VaultAct,
  type VaultAnswer,
  type VaultUse,
} from '../core/vault-wire.ts';
import type { VaultAnchor } from './vault-anchor.ts';
import { freshKey, openUnder, type Sealed, sealUnder } from './vault-envelope.ts';
import { VaultFile } from './vault-file.ts';
import { VaultLock } from './vault-lock.ts';
import { forgetOldVault, readOldVault } from './vault-migration.ts';

export type VaultOptions = {
  readonly folder: string;
  readonly sealKey: HybridKey;
  readonly anchor: VaultAnchor;
  readonly chainTime: () => bigint;
  readonly readClock: () => ClockReading;
  readonly cost?: KdfCost;
};

/** One version of a secret, as its line holds it. Times are Chain Time, as text. */
type ItemRecord = {
  readonly item: VaultItem;
  readonly made_at: string;
  /** Of one that was replaced: since when, and when it is shredded. */
  readonly retired_at?: string;
  readonly shred_at?: string;
  /** The data key under the vault key, and the secret under the data key. */
  readonly key: Sealed;
  readonly body: Sealed;
};

export type VersionInfo = Omit<ItemRecord, 'key' | 'body'>;

/** What the disk lost. */
export type LostItem = { readonly name: string; readonly version: number };

/** How long a version is kept once it was replaced, in milliseconds of Chain Time: a week. */
export const KEEP_MS = 7n * 24n * 3_600_000n;
/** What one answer lists. */
const MOST_USES = 1000;

/**
 * The owner's secrets for servers elsewhere: each version under a data key of its own, those under
 * the vault key. They leave it towards the edge, one at a time, and nowhere else.
 */
export class Vault {
  readonly file: VaultFile;
  readonly lock: VaultLock;
  readonly #options: VaultOptions;

  constructor(options: VaultOptions) {
    this.#options = options;
    const { folder, anchor, sealKey } = options;
    this.file = new VaultFile(folder, anchor);
    this.lock = new VaultLock({ ...options, file: this.file });
    if (this.file.isNew) this.#begin();
    else forgetOldVault(folder, sealKey);
    this.openUnattended();
  }

  /** With what lies beside it, where the owner lets it. */
  openUnattended(): void {
    if (this.file.refusal !== undefined || !this.lock.has('file')) return;
    this.lock.unlock('file', this.lock.fileKey());
  }

  /** The owner's own key opens it from now on, as after a restore; while it is open. */
  keepFor(owner: HybridKey): Result<void, Refusal> {
    const { key } = this.lock;
    if (key === undefined || this.lock.has('owner')) return ok(undefined);
    return this.file.write({ puts: new Map([this.lock.ownerSlot(key, owner).line]) });
  }

  /** The file goes aside, under the name that is given back. */
  startAnew(): string {
    this.lock.lock();
    const aside = this.file.setAside();
    this.#begin();
    return aside;
  }

  /** Why no secret can be used now, if so. */
  get refusal(): Refusal | undefined {
    if (this.file.refusal !== undefined) return this.file.refusal;
    return this.lock.key === undefined ? LOCKED : undefined;
  }

  /** The newest of each, by name. */
  items(): VaultItem[] {
    const names = [...new Set(this.#versions('').map(({ item }) => item.name))].toSorted();
    return names.flatMap((name) => this.#newest(name)?.item ?? []);
  }

  lost(): LostItem[] {
    const places = this.file.lost.filter((place) => place.startsWith(ITEM));
    return places.map(lostAt);
  }

  /** All that is kept under a name, newest first. */
  history(name: string): VersionInfo[] {
    const versions = this.#versions(`${name}/`);
    const infos = versions.map(({ key: _, body: __, ...info }) => info);
    return infos.toSorted((one, other) => other.item.version - one.item.version);
  }

  uses(after: number): VaultUse[] {
    return this.#options.anchor.uses(after, MOST_USES);
  }

  /** Puts it, in place of one that had its name; that one is kept for so many milliseconds. */
  put({ secret, ...about }: NewSecret, keepMs = KEEP_MS): Result<VaultItem, Refusal> {
    const item = { ...about, version: this.#last(about.name) + 1 };
    const saved = this.#save(item, secret, keepMs);
    if (saved.ok) this.record('put', item);
    return saved;
  }

  remove(name: string): Result<VaultItem, Refusal> {
    const newest = this.#newest(name);
    const places = this.#places(name);
    if (places.length === 0) return missing(name);
    const written = this.file.write({ puts: new Map(), removed: places });
    if (!written.ok) return written;
    const item = newest?.item ?? { ...LOST_ITEM, name, version: this.#last(name) };
    this.record('removed', item);
    return ok(item);
  }

  /** An earlier version becomes the newest, as one of its own. */
  revive(name: string, version: number): Result<VaultItem, Refusal> {
    const old = this.file.get<ItemRecord>(placeOf(name, version));
    if (old === undefined) return missing(`${name} in version ${version}`);
    const secret = this.#open(old);
    if (!secret.ok) return secret;
    const item = { ...old.item, version: this.#last(name) + 1 };
    const saved = this.#save(item, secret.value, KEEP_MS);
    if (saved.ok) this.record('revived', item);
    return saved;
  }

  /** What the edge is told; it is refused for any place but the one the secret is bound to. */
  answer(body: unknown): VaultAnswer {
    const ask = readVaultAsk(body);
    if (ask === undefined) return refused('vault.unknown_request', 'not a request of an edge');
    const found = this.#find(ask);
    if (!found.ok) return { kind: 'refused', refusal: found.error };
    const { item } = found.value;
    if (ask.kind === 'lease') {
      const { operation } = ask;
      this.record('leased', item, operation === undefined ? {} : { operation });
      return { kind: 'leased', ...found.value };
    }
    if (item.kind !== 'oauth') {
      const message = `${item.name} is no grant: only its owner replaces it`;
      return refused('credential.not_renewable', message);
    }
    if (ask.secret.length > MAX_GRANT) return refused('credential.invalid', 'it is too large');
    const renewed = { ...item, issuer: ask.issuer, version: item.version + 1 };
    const saved = this.#save(renewed, ask.secret, 0n);
    if (!saved.ok) return { kind: 'refused', refusal: saved.error };
    this.record('renewed', renewed);
    return { kind: 'renewed' };
  }

  /** Destroys what was kept long enough; says whether there was any. */
  shred(): boolean {
    const now = this.#options.chainTime();
    const due = this.#versions('').filter(({ shred_at: at }) => at && BigInt(at) <= now);
    if (due.length === 0) return false;
    const removed = due.map(({ item }) => placeOf(item.name, item.version));
    if (!this.file.write({ puts: new Map(), removed }).ok) return false;
    for (const { item } of due) this.record('shredded', item);
    return true;
  }

  /** Lines of all versions under another vault key; refused while this one is not here. */
  rewrapped(fresh: Uint8Array): Result<ReadonlyMap<string, string>, Refusal> {
    const lines = new Map<string, string>();
    for (const record of this.#versions('')) {
      const dataKey = this.#dataKey(record);
      if (!dataKey.ok) return dataKey;
      const { name, version } = record.item;
      const key = sealUnder(fresh, this.#aboutKey(record.item), dataKey.value);
      lines.set(placeOf(name, version), JSON.stringify({ ...record, key }));
    }
    return ok(lines);
  }

  record(act: VaultAct, item?: VaultItem, more: Partial<VaultUse> = {}): void {
    const of = item && { name: item.name, version: item.version, server: item.bound_to.server };
    this.#options.anchor.record({ act, at: String(this.#options.chainTime()), ...of, ...more });
  }

  /** A new vault: with what one of the earlier form holds, if there is any. */
  #begin(): void {
    const { folder, sealKey } = this.#options;
    this.file.begin();
    const { key, slot } = this.lock.begin();
    this.lock.hold(key);
    const puts = new Map([slot.line]);
    for (const { item, secret } of readOldVault(folder, sealKey)) {
      const record = this.#sealed(item, secret, key);
      puts.set(placeOf(item.name, item.version), JSON.stringify(record));
    }
    if (this.file.write({ puts }).ok) forgetOldVault(folder, sealKey);
  }

  #find(asked: SecretAsked): Result<{ item: VaultItem; secret: string }, Refusal> {
    if (this.file.refusal !== undefined) return err(this.file.refusal);
    const record = this.#newest(asked.name);
    if (record === undefined)
      return this.#places(asked.name).length > 0 ? damaged(asked.name) : missing(asked.name);
    const { item } = record;
    const allowed = checkBinding(item, asked);
    if (!allowed.ok) return allowed;
    const live = checkExpiry(item, this.#options.chainTime());
    if (!live.ok) return live;
    const secret = this.#open(record);
    return secret.ok ? ok({ item, secret: secret.value }) : secret;
  }

  #open(record: ItemRecord): Result<string, Refusal> {
    const dataKey = this.#dataKey(record);
    if (!dataKey.ok) return dataKey;
    const opened = openUnder(dataKey.value, this.#aboutBody(record.item), record.body);
    dataKey.value.fill(0);
    if (opened === undefined) return unreadable(record.item);
    return ok(Buffer.from(opened).toString('utf8'));
  }

  #dataKey({ item, key }: ItemRecord): Result<Uint8Array, Refusal> {
    if (this.lock.key === undefined) return err(LOCKED);
    const dataKey = openUnder(this.lock.key, this.#aboutKey(item), key);
    return dataKey === undefined ? unreadable(item) : ok(dataKey);
  }

  #save(item: VaultItem, secret: string, keepMs: bigint): Result<VaultItem, Refusal> {
    const { refusal } = this;
    if (refusal !== undefined) return err(refusal);
    const record = this.#sealed(item, secret, this.lock.key as Uint8Array);
    const puts = new Map([[placeOf(item.name, item.version), JSON.stringify(record)]]);
    const before = this.#newest(item.name);
    const lost = this.lost().filter(({ name }) => name === item.name);
    const removed = lost.map(({ name, version }) => placeOf(name, version));
    if (before !== undefined) {
      const place = placeOf(item.name, before.item.version);
      if (keepMs > 0n) puts.set(place, JSON.stringify(this.#retired(before, keepMs)));
      else removed.push(place);
    }
    const written = this.file.write({ puts, removed });
    return written.ok ? ok(item) : written;
  }

  #sealed(item: VaultItem, secret: string, vaultKey: Uint8Array): ItemRecord {
    const dataKey = freshKey();
    const key = sealUnder(vaultKey, this.#aboutKey(item), dataKey);
    const body = sealUnder(dataKey, this.#aboutBody(item), encodeUtf8(secret));
    dataKey.fill(0);
    return { item, made_at: String(this.#options.chainTime()), key, body };
  }

  #retired(record: ItemRecord, keepMs: bigint): ItemRecord {
    const now = this.#options.chainTime();
    return { ...record, retired_at: String(now), shred_at: String(now + keepMs) };
  }

  /** Bound in with each: a line that is moved to another place or vault does not open there. */
  #aboutKey({ name, version, kind }: VaultItem): object {
    const { vaultId } = this.file;
    return { purpose: 'ioi vault data key', vault_id: vaultId, name, version, kind };
  }

  #aboutBody(item: VaultItem): object {
    return { purpose: 'ioi vault secret', vault_id: this.file.vaultId, item };
  }

  #versions(below: string): ItemRecord[] {
    const places = this.file.places(`${ITEM}${below}`);
    return places.map((place) => this.file.get<ItemRecord>(place) as ItemRecord);
  }

  /** Undefined also where the newest is lost: an older one does not stand in for it. */
  #newest(name: string): ItemRecord | undefined {
    return this.file.get<ItemRecord>(placeOf(name, this.#last(name)));
  }

  /** Zero where there is none. */
  #last(name: string): number {
    return Math.max(0, ...this.#places(name).map((place) => lostAt(place).version));
  }

  #places(name: string): string[] {
    const prefix = `${ITEM}${name}/`;
    const lost = this.file.lost.filter((place) => place.startsWith(prefix));
    return [...this.file.places(prefix), ...lost];
  }
}

const ITEM = 'item/';

const LOCKED: Refusal = {
  code: 'vault.locked',
  message: 'the vault is locked; next: ioi wallet unlock',
};

/** What is told of a removed secret of which the disk kept nothing. */
const LOST_ITEM = { kind: 'bearer', bound_to: { server: '', origin: '' } } as const;

function placeOf(name: string, version: number): string {
  return `${ITEM}${name}/${version}`;
}

function lostAt(place: string): LostItem {
  const [, name = '', version] = place.split('/');
  return { name, version: Number(version) };
}

function refused(code: string, message: string): VaultAnswer {
  return { kind: 'refused', refusal: { code, message } };
}

function missing(name: string): Result<never, Refusal> {
  const message = `there is no secret named ${name}`;
  return err({ code: 'credential.missing', message });
}

function damaged(name: string): Result<never, Refusal> {
  const message = `the disk lost ${name}; set it again: ioi wallet secret set ${name}`;
  return err({ code: 'credential.damaged', message });
}

function unreadable({ name }: VaultItem): Result<never, Refusal> {
  const message = `${name} was sealed by another guardian, or changed; set it again`;
  return err({ code: 'credential.unreadable', message });
}
