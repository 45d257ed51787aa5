import { err, ok, type Result } from '@ioi/basis';
import type { HybridKey } from '@ioi/crypto/shell';
import { readNewSecret } from '../core/new-secret.ts';
import type { VaultItem } from '../core/vault-item.ts';
import type { EdgeAnswer, EdgeAsk, VaultUse } from '../core/vault-wire.ts';
import type { Refusal } from '../core/wire.ts';
import { describeSecret } from './describe-secret.ts';
import type { OwnerLock } from './owner-lock.ts';
import type { Vault, VersionInfo } from './vault.ts';

type Given = Readonly<Record<string, unknown>>;

export type VaultDeskOptions = {
  readonly vault: Vault;
  readonly lock: OwnerLock;
  /** Undefined where the supervisor started no edge. */
  readonly edge: ((ask: EdgeAsk) => Promise<EdgeAnswer>) | undefined;
  /** The guardian's, where the recovery phrase may be kept. */
  readonly folder: string;
};

/** What an owner does with secrets. Whatever changes one takes the passphrase. */
export class VaultDesk {
  readonly #options: VaultDeskOptions;

  constructor(options: VaultDeskOptions) {
    this.#options = options;
  }

  items(): VaultItem[] {
    return this.#options.vault.items();
  }

  history(name: string): VersionInfo[] {
    return this.#options.vault.history(name);
  }

  uses(after: number): VaultUse[] {
    return this.#options.vault.uses(Number.isSafeInteger(after) ? after : 0);
  }

  async put(given: Given, passphrase: string): Promise<Result<VaultItem, Refusal>> {
    const wanted = describeSecret(given);
    if (!wanted.ok) return wanted;
    const { keep_ms: keep } = given;
    const keepMs = typeof keep === 'string' && DIGITS.test(keep) ? BigInt(keep) : undefined;
    return this.#change(passphrase, () => this.#options.vault.put(wanted.value, keepMs));
  }

  /** Puts an `evm_key` that nobody types or is shown: an account of the owner's own phrase. */
  async derive(given: Given, passphrase: string): Promise<Result<VaultItem, Refusal>> {
    const { index, phrase, ...place } = given;
    const { vault, folder } = this.#options;
    // Words and their list are in memory once somebody asks for them.
    const { derivedEvmKey } = await import('./derived-key.ts');
    return this.#change(passphrase, (owner) => {
      const key = derivedEvmKey({ index, phrase }, owner, folder);
      if (!key.ok) return key;
      const wanted = describeSecret({ ...place, kind: 'evm_key', secret: key.value });
      return wanted.ok ? vault.put(wanted.value) : wanted;
    });
  }

  remove(name: string, passphrase: string): Promise<Result<VaultItem, Refusal>> {
    return this.#change(passphrase, () => this.#options.vault.remove(name));
  }

  revive(name: string, version: number, passphrase: string): Promise<Result<VaultItem, Refusal>> {
    return this.#change(passphrase, () => this.#options.vault.revive(name, version));
  }

  /**
   * Begins a login: an empty grant for the edge to fill, unless there is one of this place, and
   * the address the person has to open. `client` is what the person has registered, if anything.
   */
  async login(given: Given, passphrase: string): Promise<Result<string, Refusal>> {
    const { client } = given;
    const secret = JSON.stringify(typeof client === 'object' && client !== null ? client : {});
    const wanted = readNewSecret({ ...given, kind: 'oauth', secret });
    if (!wanted.ok) return wanted;
    const { edge, lock, vault } = this.#options;
    if (edge === undefined) return noEdge();
    const other = this.items().find((item) => item.name === wanted.value.name);
    if (other !== undefined && other.kind !== 'oauth') return notGrant(other);
    const opened = await lock.open(passphrase);
    if (!opened.ok) return opened;
    const kept = vault.keepFor(opened.value);
    if (!kept.ok) return kept;
    if (client !== undefined || !this.#hasGrant(wanted.value)) {
      const put = vault.put(wanted.value, 0n);
      if (!put.ok) return put;
    }
    const answer = await edge({ kind: 'login', server: wanted.value.bound_to.server });
    if (answer.kind === 'login') return ok(answer.authorization_url);
    return err(answer.kind === 'refused' ? answer.refusal : NOT_UNDERSTOOD);
  }

  /** Resolves when the grant is there. */
  async followLogin(ask: Extract<EdgeAsk, { server: string }>): Promise<Result<void, Refusal>> {
    const { edge } = this.#options;
    if (edge === undefined) return noEdge();
    const answer = await edge(ask);
    if (answer.kind === 'done') return ok(undefined);
    return err(answer.kind === 'refused' ? answer.refusal : NOT_UNDERSTOOD);
  }

  #hasGrant({ name, kind, bound_to: to }: Pick<VaultItem, 'name' | 'kind' | 'bound_to'>): boolean {
    const item = this.items().find((each) => each.name === name);
    const isThere = item?.bound_to.server === to.server && item.bound_to.origin === to.origin;
    return isThere && item.kind === kind;
  }

  /** What lives by the secret that was there ends once there is another, or none. */
  async #change(
    passphrase: string,
    change: (owner: HybridKey) => Result<VaultItem, Refusal>,
  ): Promise<Result<VaultItem, Refusal>> {
    const opened = await this.#options.lock.open(passphrase);
    if (!opened.ok) return opened;
    const kept = this.#options.vault.keepFor(opened.value);
    if (!kept.ok) return kept;
    const changed = change(opened.value);
    if (changed.ok) await this.#revoke(changed.value.name);
    return changed;
  }

  async #revoke(name: string): Promise<void> {
    await this.#options.edge?.({ kind: 'revoked', name });
  }
}

const DIGITS = /^[0-9]{1,15}$/;

const NOT_UNDERSTOOD: Refusal = { code: 'edge.answer', message: 'the edge answered otherwise' };

/** A token that works is not lost to a login that may fail. */
function notGrant({ name, kind }: VaultItem): Result<never, Refusal> {
  return err({ code: 'credential.in_use', message: `${name} is a ${kind}; remove it first` });
}

function noEdge(): Result<never, Refusal> {
  const message = 'no server in node.json has a credential, so no edge runs';
  return err({ code: 'edge.missing', message });
}
