import { decodeBase64, err, ok, type Result } from '@ioi/basis';
import type { HybridKey } from '@ioi/crypto/shell';
import type { Refusal } from '../core/index.ts';
import {
  isUnattended,
  REVEALS,
  type Reveals,
  readPasskeyLabels,
  type SlotInfo,
  UNATTENDED,
  type Unattended,
} from '../core/vault-slots.ts';
import type { EdgeAsk } from '../core/vault-wire.ts';
import type { OwnerLock } from './owner-lock.ts';
import type { LostItem, Vault } from './vault.ts';
import { freshKey } from './vault-envelope.ts';
import { SLOT, type SlotLine } from './vault-lock.ts';

type Given = Readonly<Record<string, unknown>>;

export type UnlockDeskOptions = {
  readonly vault: Vault;
  readonly lock: OwnerLock;
  readonly edge: ((ask: EdgeAsk) => Promise<unknown>) | undefined;
};

export type VaultStatus = {
  readonly state: 'unlocked' | 'locked' | 'refused';
  /** Why it is not to be used. */
  readonly refusal?: Refusal;
  /** Milliseconds since 1970 by this machine's clock: when it locks itself. */
  readonly until?: string;
  readonly vault_id: string;
  readonly prf_salt: string;
  readonly unattended: Unattended | 'off';
  readonly unlockers: readonly (SlotInfo & { readonly reveals: Reveals })[];
  readonly lost: readonly LostItem[];
  /** Unlockers of which the disk lost the line. */
  readonly lost_unlockers: readonly string[];
};

/** What changed of the ways to open the vault; `dropped` have to be set up again. */
export type Unlockers = { readonly unlockers: readonly SlotInfo[]; readonly dropped: string[] };

const KEY_BYTES = 32;
const DIGITS = /^[1-9][0-9]{0,11}$/;

/** Opening and closing the vault, and by what it opens. */
export class UnlockDesk {
  readonly #options: UnlockDeskOptions;
  #wasOpen: boolean;
  /** One change at a time: none wraps a key that another has replaced meanwhile. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: UnlockDeskOptions) {
    this.#options = options;
    this.#wasOpen = options.vault.refusal === undefined;
  }

  status(): VaultStatus {
    const { vault } = this.#options;
    const { refusal, file, lock } = vault;
    const until = lock.key && lock.until;
    const slots = lock.slots();
    return {
      state: file.refusal !== undefined ? 'refused' : refusal === undefined ? 'unlocked' : 'locked',
      ...(refusal === undefined ? {} : { refusal }),
      ...(until === undefined ? {} : { until: String(until) }),
      vault_id: file.vaultId,
      prf_salt: lock.prfSalt,
      unattended: UNATTENDED.find((kind) => lock.has(kind)) ?? 'off',
      unlockers: slots.map((slot) => ({ ...slot, reveals: REVEALS[slot.kind] })),
      lost: vault.lost(),
      lost_unlockers: lock.lost(),
    };
  }

  /** By the owner's passphrase, or by what keeps 32 bytes: `{unlocker, key}`, in base64. */
  async unlock(given: Given): Promise<Result<VaultStatus, Refusal>> {
    const { for_ms: span, unlocker, passphrase } = given;
    const forMs = typeof span === 'string' && DIGITS.test(span) ? BigInt(span) : undefined;
    const opened =
      unlocker === undefined
        ? await this.#openByPassphrase(String(passphrase), forMs)
        : this.#openByKey(given, forMs);
    if (!opened.ok) return opened;
    this.#wasOpen = true;
    this.#options.vault.record('unlocked', undefined, { unlocker: opened.value.id });
    return ok(this.status());
  }

  /** Nobody is asked: closing it takes nothing from anybody but the agent. */
  async close(): Promise<VaultStatus> {
    this.#options.vault.lock.lock();
    await this.tick();
    return this.status();
  }

  /** To be called now and then: what is over ends, also where nobody asks for it. */
  async tick(): Promise<void> {
    const { vault } = this.#options;
    if (vault.refusal === undefined) {
      vault.shred();
      return;
    }
    if (!this.#wasOpen) return;
    this.#wasOpen = false;
    vault.record('locked');
    for (const { name } of vault.items()) await this.#options.edge?.({ kind: 'revoked', name });
  }

  /** By what it opens when the node starts; the passphrase always opens it from then on. */
  async setUnattended(given: Given): Promise<Result<Unlockers, Refusal>> {
    const { mode, passphrase, key } = given;
    if (mode !== 'off' && !isUnattended(mode)) return invalid('off, file, systemd or keyring');
    const { lock } = this.#options.vault;
    const brought = mode === 'file' ? lock.fileKey() : keyIn(key);
    if (mode !== 'off' && brought === undefined) return invalid('it needs a key of 32 bytes');
    const isDropped = UNATTENDED.some((kind) => kind !== mode && lock.has(kind));
    return this.#withKey(String(passphrase), async (held, owner) => {
      const vaultKey = isDropped ? freshKey() : held.slice();
      const slots = await this.#personalSlots(vaultKey, owner, String(passphrase));
      if (mode !== 'off') slots.push(lock.keySlot(vaultKey, mode, brought as Uint8Array));
      return isDropped ? this.#rekey(vaultKey, slots) : this.#add(slots);
    });
  }

  /** A vault key of its own making: an old copy of the disk opens nothing that is put later. */
  async rekey(passphrase: string): Promise<Result<Unlockers, Refusal>> {
    const { lock } = this.#options.vault;
    return this.#withKey(passphrase, async (_, owner) => {
      const vaultKey = freshKey();
      const slots = await this.#personalSlots(vaultKey, owner, passphrase);
      if (lock.has('file')) slots.push(lock.fileSlot(vaultKey));
      return this.#rekey(vaultKey, slots);
    });
  }

  /** `{passphrase, key, credential_id, label}`: what its PRF gave for `prf_salt`, in base64. */
  async addPasskey(given: Given): Promise<Result<Unlockers, Refusal>> {
    const key = keyIn(given['key']);
    const labels = readPasskeyLabels(given);
    if (key === undefined || labels === undefined) {
      return invalid('a passkey has 32 bytes, a credential_id and a label');
    }
    const { lock } = this.#options.vault;
    return this.#withKey(String(given['passphrase']), async (held) =>
      this.#add([lock.keySlot(held, 'passkey', key, labels)]),
    );
  }

  /** What it was wrapped under stays the same: `rekey` helps against who has an old copy. */
  async removeUnlocker(id: string, passphrase: string): Promise<Result<Unlockers, Refusal>> {
    const { lock, file } = this.#options.vault;
    return this.#withKey(passphrase, async () => {
      const slots = lock.slots();
      if (!slots.some((slot) => slot.id === id)) return invalid(`there is no unlocker ${id}`);
      if (id === 'owner') return invalid("the owner's key always opens it");
      const written = file.write({ puts: new Map(), removed: [`${SLOT}${id}`] });
      return written.ok ? this.#told('unlocker_removed', [id], []) : written;
    });
  }

  /** The owner goes by the file as it lies there, such as after a restore of the folder. */
  adopt(passphrase: string): Promise<Result<VaultStatus, Refusal>> {
    const { vault } = this.#options;
    return this.#asOwner(passphrase, async () => {
      vault.lock.lock();
      const adopted = vault.file.adopt();
      if (!adopted.ok) return adopted;
      vault.record('adopted');
      vault.openUnattended();
      return ok(this.status());
    });
  }

  /** A new vault, with nothing in it; the file of the one before stays, under another name. */
  setAside(passphrase: string): Promise<Result<{ readonly aside: string }, Refusal>> {
    const { vault } = this.#options;
    return this.#asOwner(passphrase, async () => {
      const aside = vault.startAnew();
      vault.record('set_aside');
      return ok({ aside });
    });
  }

  async #openByPassphrase(passphrase: string, forMs: bigint | undefined) {
    const { vault, lock } = this.#options;
    return lock.guess(async (openKey) => {
      const owner = await openKey(passphrase);
      const opened = owner.ok ? vault.lock.unlockByOwner(owner.value, forMs) : owner;
      if (opened.ok || !vault.lock.has('passphrase')) return opened;
      return vault.lock.unlockByPassphrase(passphrase, forMs);
    });
  }

  #openByKey({ unlocker, key }: Given, forMs: bigint | undefined): Result<SlotInfo, Refusal> {
    const brought = keyIn(key);
    const isKnown = unlocker === 'passkey' || unlocker === 'systemd' || unlocker === 'keyring';
    if (!isKnown || brought === undefined) return invalid('an unlocker, and its key of 32 bytes');
    return this.#options.vault.lock.unlock(unlocker, brought, forMs);
  }

  /** What the owner does with the vault key: their passphrase first, and an open vault. */
  async #withKey(
    passphrase: string,
    work: (vaultKey: Uint8Array, owner: HybridKey) => Promise<Result<Unlockers, Refusal>>,
  ): Promise<Result<Unlockers, Refusal>> {
    const { vault } = this.#options;
    return this.#asOwner(passphrase, async (owner) => {
      if (vault.refusal !== undefined) return err(vault.refusal);
      const kept = vault.keepFor(owner);
      return kept.ok ? work(vault.lock.key as Uint8Array, owner) : kept;
    });
  }

  async #personalSlots(
    vaultKey: Uint8Array,
    owner: HybridKey,
    passphrase: string,
  ): Promise<SlotLine[]> {
    const { lock } = this.#options.vault;
    return [lock.ownerSlot(vaultKey, owner), await lock.passphraseSlot(vaultKey, passphrase)];
  }

  #asOwner<T>(
    passphrase: string,
    work: (owner: HybridKey) => Promise<Result<T, Refusal>>,
  ): Promise<Result<T, Refusal>> {
    const turn = this.#turn.then(async () => {
      const owner = await this.#options.lock.open(passphrase);
      return owner.ok ? work(owner.value) : owner;
    });
    this.#turn = turn.catch(() => {});
    return turn;
  }

  #add(slots: readonly SlotLine[]): Result<Unlockers, Refusal> {
    const written = this.#options.vault.file.write({
      puts: new Map(slots.map(({ line }) => line)),
    });
    if (!written.ok) return written;
    return this.#told(
      'unlocker_added',
      slots.map(({ about }) => about.id),
      [],
    );
  }

  #rekey(vaultKey: Uint8Array, slots: readonly SlotLine[]): Result<Unlockers, Refusal> {
    const { vault } = this.#options;
    const before = vault.lock.slots().map(({ id }) => id);
    const lines = vault.rewrapped(vaultKey);
    if (!lines.ok) return lines;
    const kept = slots.map(({ about }) => about.id);
    const dropped = before.filter((id) => !kept.includes(id));
    const puts = new Map([...lines.value, ...slots.map(({ line }) => line)]);
    const removed = dropped.map((id) => `${SLOT}${id}`);
    const written = vault.file.write({ puts, removed });
    if (!written.ok) return written;
    vault.lock.replace(vaultKey);
    return this.#told('rekeyed', kept, dropped);
  }

  #told(
    act: 'rekeyed' | 'unlocker_added' | 'unlocker_removed',
    ids: readonly string[],
    dropped: string[],
  ): Result<Unlockers, Refusal> {
    const { vault } = this.#options;
    vault.record(act, undefined, { unlocker: ids.join() });
    return ok({ unlockers: vault.lock.slots(), dropped });
  }
}

function keyIn(text: unknown): Uint8Array | undefined {
  const key = typeof text === 'string' ? decodeBase64(text) : undefined;
  return key?.length === KEY_BYTES ? key : undefined;
}

function invalid(message: string): Result<never, Refusal> {
  return err({ code: 'vault.invalid', message });
}
