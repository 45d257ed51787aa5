import { randomBytes } from 'node:crypto';
import { encodeHex, err, ok, type Result } from '@ioi/basis';
import { digestBytes } from '@ioi/canon';
import {
  deriveSecret,
  freshKdf,
  type HybridKey,
  isAffordable,
  type KdfCost,
  passphraseKey,
} from '@ioi/crypto/shell';
import type { ClockReading, Refusal } from '../core/index.ts';
import type { SlotInfo, UnlockerKind } from '../core/vault-slots.ts';
import { freshKey, keyFor, openUnder, type Sealed, sealUnder } from './vault-envelope.ts';
import type { VaultFile } from './vault-file.ts';

/** A slot as its line holds it: the vault key, under what the unlocker brings. */
type Slot = SlotInfo & Sealed;

export type SlotLabels = { readonly credential_id: string; readonly label: string };

/** Unlockers that keep 32 bytes; a passphrase has to be stretched first. */
export type KeyKind = Exclude<UnlockerKind, 'passphrase'>;

export type VaultLockOptions = {
  readonly file: VaultFile;
  readonly sealKey: HybridKey;
  readonly chainTime: () => bigint;
  readonly readClock: () => ClockReading;
  /** Of a passphrase, where not what it always costs. */
  readonly cost?: KdfCost;
};

/** A slot, and the line that keeps it. */
export type SlotLine = {
  readonly about: SlotInfo;
  readonly line: readonly [place: string, text: string];
};

type Held = { readonly key: Uint8Array; readonly until?: ClockReading };

export const SLOT = 'slot/';

/** The vault key: under which slots it lies, and whether it is here now. */
export class VaultLock {
  readonly #options: VaultLockOptions;
  #held: Held | undefined;

  constructor(options: VaultLockOptions) {
    this.#options = options;
  }

  /** The key while it may be used. A clock that is moved can end that sooner, never later. */
  get key(): Uint8Array | undefined {
    const until = this.#held?.until;
    if (until !== undefined) {
      const { monotonic, wall } = this.#options.readClock();
      if (monotonic >= until.monotonic || wall >= until.wall) this.lock();
    }
    return this.#held?.key;
  }

  /** Milliseconds since 1970 by this machine's clock, where it locks itself. */
  get until(): bigint | undefined {
    return this.#held?.until?.wall;
  }

  /** What the page of a passkey asks its PRF about: the same for one vault. */
  get prfSalt(): string {
    const digest = digestBytes(`ioi vault passkey ${this.#options.file.vaultId}`);
    return digest.slice('sha256:'.length);
  }

  slots(): SlotInfo[] {
    return this.#slots().map(({ nonce: _, sealed: __, ...about }) => about);
  }

  /** Those of which the disk lost the line. */
  lost(): string[] {
    const places = this.#options.file.lost.filter((place) => place.startsWith(SLOT));
    return places.map((place) => place.slice(SLOT.length));
  }

  has(kind: UnlockerKind): boolean {
    return this.#slots().some((slot) => slot.kind === kind);
  }

  lock(): void {
    this.#held?.key.fill(0);
    this.#held = undefined;
  }

  /** What the guardian brings by itself: as good as the seal key that lies beside the vault. */
  fileKey(): Uint8Array {
    return deriveSecret(this.#options.sealKey, 'ioi vault unlocker file');
  }

  /** By the owner's own key, under whichever guardian it was sealed. */
  unlockByOwner(owner: HybridKey, forMs?: bigint): Result<SlotInfo, Refusal> {
    if (this.has('owner')) return this.unlock('owner', ownerSecret(owner), forMs);
    return this.unlock('file', this.fileKey(), forMs);
  }

  /** `forMs` in milliseconds; until the next start where it is not given. */
  unlock(kind: KeyKind, brought: Uint8Array, forMs?: bigint): Result<SlotInfo, Refusal> {
    const slots = this.#slotsOf(kind);
    if (!slots.ok) return slots;
    const { vaultId } = this.#options.file;
    const opened = slots.value.find((slot) =>
      this.#open(slot, keyFor(kind, vaultId, brought), forMs),
    );
    return opened === undefined ? err(WRONG.key) : ok(opened);
  }

  /** One wrong passphrase costs one full derivation. */
  async unlockByPassphrase(passphrase: string, forMs?: bigint): Promise<Result<SlotInfo, Refusal>> {
    const slots = this.#slotsOf('passphrase');
    if (!slots.ok) return slots;
    const [slot] = slots.value;
    const key = slot?.kdf && isAffordable(slot.kdf) && (await this.#stretch(slot.kdf, passphrase));
    const isOpen = slot !== undefined && key instanceof Uint8Array && this.#open(slot, key, forMs);
    return isOpen ? ok(slot) : err(WRONG.passphrase);
  }

  hold(key: Uint8Array, forMs?: bigint): void {
    this.lock();
    if (forMs === undefined) {
      this.#held = { key };
      return;
    }
    const { monotonic, wall } = this.#options.readClock();
    this.#held = { key, until: { monotonic: monotonic + forMs, wall: wall + forMs } };
  }

  /** Another vault key, for as long as the one before. */
  replace(key: Uint8Array): void {
    const until = this.#held?.until;
    this.lock();
    this.#held = { key, ...(until === undefined ? {} : { until }) };
  }

  /** The line of a slot over this vault key, for what keeps 32 bytes. */
  keySlot(vaultKey: Uint8Array, kind: KeyKind, brought: Uint8Array, labels?: SlotLabels): SlotLine {
    const id = kind === 'passkey' ? `passkey-${encodeHex(randomBytes(4))}` : kind;
    const about = { id, kind, made_at: this.#now(), ...labels };
    return this.#lineOf(about, keyFor(kind, this.#options.file.vaultId, brought), vaultKey);
  }

  fileSlot(vaultKey: Uint8Array): SlotLine {
    return this.keySlot(vaultKey, 'file', this.fileKey());
  }

  ownerSlot(vaultKey: Uint8Array, owner: HybridKey): SlotLine {
    return this.keySlot(vaultKey, 'owner', ownerSecret(owner));
  }

  async passphraseSlot(vaultKey: Uint8Array, passphrase: string): Promise<SlotLine> {
    const kdf = freshKdf(this.#options.cost);
    const about = { id: 'passphrase', kind: 'passphrase', made_at: this.#now(), kdf } as const;
    return this.#lineOf(about, await this.#stretch(kdf, passphrase), vaultKey);
  }

  /** A vault key for a vault that has none, and what opens it without a person. */
  begin(): { readonly key: Uint8Array; readonly slot: SlotLine } {
    const key = freshKey();
    return { key, slot: this.fileSlot(key) };
  }

  #now(): string {
    return String(this.#options.chainTime());
  }

  #slotsOf(kind: UnlockerKind): Result<Slot[], Refusal> {
    const { refusal } = this.#options.file;
    if (refusal !== undefined) return err(refusal);
    const slots = this.#slots().filter((slot) => slot.kind === kind);
    return slots.length > 0 ? ok(slots) : noSlot(kind);
  }

  #slots(): Slot[] {
    const { file } = this.#options;
    return file.places(SLOT).map((place) => file.get<Slot>(place) as Slot);
  }

  #open({ nonce, sealed, ...about }: Slot, key: Uint8Array, forMs: bigint | undefined): boolean {
    const vaultKey = openUnder(key, this.#about(about), { nonce, sealed });
    key.fill(0);
    if (vaultKey !== undefined) this.hold(vaultKey, forMs);
    return vaultKey !== undefined;
  }

  #lineOf(about: SlotInfo, key: Uint8Array, vaultKey: Uint8Array): SlotLine {
    const slot: Slot = { ...about, ...sealUnder(key, this.#about(about), vaultKey) };
    key.fill(0);
    return { about, line: [`${SLOT}${about.id}`, JSON.stringify(slot)] };
  }

  #about(slot: SlotInfo): object {
    return { purpose: 'ioi vault slot', vault_id: this.#options.file.vaultId, slot };
  }

  async #stretch(kdf: NonNullable<SlotInfo['kdf']>, passphrase: string): Promise<Uint8Array> {
    const stretched = await passphraseKey(kdf, passphrase);
    return keyFor('passphrase', this.#options.file.vaultId, stretched);
  }
}

function ownerSecret(owner: HybridKey): Uint8Array {
  return deriveSecret(owner, 'ioi vault unlocker owner');
}

const WRONG = {
  passphrase: {
    code: 'approver.keyfile.wrong_passphrase',
    message: 'this is not the passphrase of the vault',
  },
  key: { code: 'vault.wrong_key', message: 'this does not open the vault' },
} as const;

function noSlot(kind: UnlockerKind): Result<never, Refusal> {
  const message = `the vault has no ${kind} that opens it; see: ioi wallet vault status`;
  return err({ code: 'vault.no_unlocker', message });
}
