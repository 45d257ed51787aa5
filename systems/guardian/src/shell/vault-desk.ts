import { err, ok, type Result } from '@ioi/basis';
import { readNewSecret, type VaultItem } from '../core/vault-item.ts';
import type { EdgeAnswer, EdgeAsk } from '../core/vault-wire.ts';
import type { Refusal } from '../core/wire.ts';
import type { OwnerLock } from './owner-lock.ts';
import type { Vault } from './vault.ts';

type Given = Readonly<Record<string, unknown>>;

export type VaultDeskOptions = {
  readonly vault: Vault;
  readonly lock: OwnerLock;
  /** Undefined where the supervisor started no edge. */
  readonly edge: ((ask: EdgeAsk) => Promise<EdgeAnswer>) | undefined;
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

  async put(given: Given, passphrase: string): Promise<Result<VaultItem, Refusal>> {
    const wanted = readNewSecret(given);
    if (!wanted.ok) return wanted;
    const opened = await this.#options.lock.open(passphrase);
    if (!opened.ok) return opened;
    const item = this.#options.vault.put(wanted.value);
    await this.#revoke(item.name);
    return ok(item);
  }

  async remove(name: string, passphrase: string): Promise<Result<VaultItem, Refusal>> {
    const opened = await this.#options.lock.open(passphrase);
    if (!opened.ok) return opened;
    const removed = this.#options.vault.remove(name);
    await this.#revoke(name);
    return removed;
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
    if (client !== undefined || !this.#hasGrant(wanted.value)) vault.put(wanted.value);
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

  async #revoke(name: string): Promise<void> {
    await this.#options.edge?.({ kind: 'revoked', name });
  }
}

const NOT_UNDERSTOOD: Refusal = { code: 'edge.answer', message: 'the edge answered otherwise' };

/** A token that works is not lost to a login that may fail. */
function notGrant({ name, kind }: VaultItem): Result<never, Refusal> {
  return err({ code: 'credential.in_use', message: `${name} is a ${kind}; remove it first` });
}

function noEdge(): Result<never, Refusal> {
  const message = 'no server in node.json has a credential, so no edge runs';
  return err({ code: 'edge.missing', message });
}
