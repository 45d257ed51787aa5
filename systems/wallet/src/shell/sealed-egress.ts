import { ok, type Result } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import type { JsonObject } from '@ioi/jsonrpc';
import { type HttpRequest, httpRequestOf } from '@ioi/law';
import type { PktActionResult, PktReceiptCommit } from '@ioi/protocol';
import {
  authorise,
  type CheckedInvocation,
  type Checking,
  checkInvocation,
  type EdgeRefusal,
  ENFORCED_BOUNDS,
  type Invocation,
  type LeasedSecret,
  readGrant,
  type Target,
  unsent,
} from '../core/index.ts';
import { Account, type Refused, type VaultPort } from './account.ts';
import { freshGrant } from './carry-grant.ts';
import { fetchAnswer } from './fetch-answer.ts';
import { performIntent } from './perform-intent.ts';
import { performSsh } from './perform-ssh.ts';

/** What is asked of the guardian for one sealed action. */
export type OperationVault = {
  keys(): Promise<Result<Pick<Checking, 'origin' | 'keys'>, Refused>>;
  lease(asked: OperationAsked): Promise<Result<LeasedSecret, Refused>>;
  commit(asked: ResultAsked): Promise<Result<PktReceiptCommit, Refused>>;
  /** Whether the guardian has it as sealed, for this server, and still to be done. */
  due(of: DueAsked): Promise<Result<void, Refused>>;
  /** Nothing was sent with the secret that was told. */
  unsent(of: Part): Promise<void>;
  settle(committedHash: string): Promise<Result<boolean, Refused>>;
};

/** One sealed action, and which of its requests, where it may take several. */
type Part = { readonly committed_hash: string; readonly part?: number };

export type OperationAsked = Part & {
  readonly request_hash: string;
  readonly name: string;
  readonly server: string;
  readonly origin: string;
};

export type DueAsked = Pick<OperationAsked, 'committed_hash' | 'request_hash' | 'server'>;

export type ResultAsked = Part & {
  readonly result_hash: string;
  readonly action_result_id: string;
  readonly session_id: string;
};

/** What a call is answered with: A.3's two packets. */
export type Performed = {
  readonly result: PktActionResult;
  readonly receipt: PktReceiptCommit;
};

export type SealedEgressOptions = {
  readonly targets: () => readonly Target[];
  readonly vault: OperationVault;
  /** Of a grant that was renewed. */
  readonly renew: VaultPort['renew'];
  readonly argumentsOf: Checking['argumentsOf'];
  /** Milliseconds since 1970. */
  readonly now: () => number;
};

/** What came of the one request, for the agent: an MCP `CallToolResult`, without secrets. */
export type CallResult = JsonObject;

/**
 * Performs what connectors do (whitepaper 4.6.1): checks the seal, leases the one secret, sends
 * once, takes the secret out of what returns. Nothing is ever sent a second time.
 */
export class SealedEgress {
  readonly #options: SealedEgressOptions;
  readonly #live = new Map<AbortController, CheckedInvocation>();
  /** Those whose secret was told here: another one of the same action is told none. */
  readonly #told = new Set<CheckedInvocation>();
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(options: SealedEgressOptions) {
    this.#options = options;
  }

  async invoke(invocation: Invocation, cut: AbortSignal): Promise<Result<Performed, EdgeRefusal>> {
    const { vault, argumentsOf } = this.#options;
    const log = await vault.keys();
    if (!log.ok) return unsent(log.error.code, log.error.message);
    const checked = checkInvocation(invocation, { ...log.value, argumentsOf });
    if (!checked.ok) return checked;
    const own = new AbortController();
    this.#live.set(own, checked.value);
    try {
      const { timeout_ms } = invocation.contract.limits;
      const signal = AbortSignal.any([cut, own.signal, AbortSignal.timeout(timeout_ms)]);
      const answered = await this.#perform(checked.value, signal);
      if (answered.ok) return await this.#answer(invocation, checked.value, answered.value);
      // Only by whoever could have sent it: one that came a second time knows nothing of the first.
      const isUnsent = !answered.error.isSent && this.#told.has(checked.value);
      if (isUnsent) await vault.unsent({ committed_hash: checked.value.sealed.committedHash });
      return answered;
    } finally {
      this.#live.delete(own);
      this.#told.delete(checked.value);
    }
  }

  /** The secret of this name is gone or another: what is sent with it ends. */
  revoke(credential: string): void {
    for (const [cut, { secret }] of this.#live) if (secret === credential) cut.abort();
  }

  /** The grant of this action no longer holds: it is cut, and what became of it is unknown. */
  end(committedHash: string): void {
    for (const [cut, { sealed }] of this.#live) {
      if (sealed.committedHash === committedHash) cut.abort();
    }
  }

  async #perform(
    checked: CheckedInvocation,
    signal: AbortSignal,
  ): Promise<Result<CallResult, EdgeRefusal>> {
    const { sealed, operation, secret: name } = checked;
    const { server } = sealed.contract;
    const target = this.#options.targets().find((each) => each.server === server);
    if (target === undefined || !target.isConnector || target.credential !== name) {
      return unsent('edge.unknown_server', `no connector ${server} is known to the edge`);
    }
    if (operation.kind === 'evm') {
      const lease = (origin: string) => this.#lease(checked, origin);
      return performIntent({ given: checked.arguments, effect: operation.evm.effect }, target, {
        lease,
        signal,
      });
    }
    if (operation.kind === 'ssh') {
      const asked = { operation: operation.ssh, given: checked.arguments };
      return performSsh(asked, () => this.#lease(checked, target.origin));
    }
    const request = httpRequestOf(operation.http, checked.arguments);
    if (!request.ok) return unsent(request.error.code, request.error.message);
    const url = urlOf(target, request.value);
    if (url === undefined) return unsent('edge.other_url', `${server} is reached below its URL`);
    const leased = await this.#fresh(checked, target, signal);
    if (!leased.ok) return leased;
    const unsigned = unsignedOf(request.value, url, this.#options.now());
    const authorised = authorise(leased.value, unsigned);
    if (!authorised.ok) return authorised;
    const { headers, secrets } = authorised.value;
    const whole = { ...unsigned, headers: [...unsigned.headers, ...headers] };
    const { output_bytes: most } = sealed.contract.limits;
    return fetchAnswer(whole, { server, secrets, most, signal });
  }

  /** One at a time, so that a grant is renewed once. */
  #fresh(checked: CheckedInvocation, target: Target, signal: AbortSignal) {
    const { now, renew } = this.#options;
    return this.#inTurn(target.credential, async () => {
      const leased = await this.#lease(checked, target.origin);
      const { secret } = leased.ok ? leased.value : {};
      const grant =
        leased.ok && leased.value.kind === 'oauth' ? readGrant(secret ?? '') : undefined;
      if (!leased.ok || grant === undefined) return leased;
      const vault = { lease: async () => leased, renew };
      const account = new Account(target, vault, now);
      const fresh = await freshGrant(grant, { account, consent: undefined, now }, signal);
      return fresh.ok ? ok({ ...leased.value, secret: JSON.stringify(fresh.value) }) : fresh;
    });
  }

  #inTurn<T>(credential: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(credential) ?? Promise.resolve()).then(work, work);
    const over = turn
      .catch(() => {})
      .finally(() => {
        if (this.#turns.get(credential) === over) this.#turns.delete(credential);
      });
    this.#turns.set(credential, over);
    return turn;
  }

  async #lease(
    checked: CheckedInvocation,
    origin: string,
  ): Promise<Result<LeasedSecret, EdgeRefusal>> {
    const { sealed, secret: name } = checked;
    const { committed, committedHash, contract } = sealed;
    const leased = await this.#options.vault.lease({
      request_hash: committed.request_hash,
      committed_hash: committedHash,
      name,
      server: contract.server,
      origin,
    });
    if (!leased.ok) return unsent(leased.error.code, leased.error.message);
    this.#told.add(checked);
    return leased;
  }

  async #answer(
    { packet }: Invocation,
    { sealed }: CheckedInvocation,
    result: CallResult,
  ): Promise<Result<Performed, EdgeRefusal>> {
    const { session_id, lease_id, payload } = packet;
    const mcp = { jsonrpc: '2.0', id: payload.mcp.id, result } as const;
    const hash = digestOf(result);
    if (!hash.ok) return sent('upstream.unreadable', 'the answer has no canonical form');
    const resultId = `res_${hash.value.slice('sha256:'.length, 'sha256:'.length + 32)}`;
    const receipt = await this.#options.vault.commit({
      committed_hash: sealed.committedHash,
      result_hash: hash.value,
      action_result_id: resultId,
      session_id,
    });
    if (!receipt.ok) return sent(receipt.error.code, receipt.error.message);
    const { policy_hash } = sealed.committed;
    return ok({
      receipt: receipt.value,
      result: {
        pkt_version: '1',
        packet_type: 'PKT_ACTION_RESULT',
        issued_at: new Date(this.#options.now()).toISOString(),
        session_id,
        lease_id,
        action_result_id: resultId,
        payload: {
          mcp,
          policy: { policy_hash, decision: 'approved', enforced_bounds: [...ENFORCED_BOUNDS] },
        },
      },
    });
  }
}

/** Undefined where whoever reads URLs would read another one than was made. */
function urlOf({ url, origin }: Target, { path }: HttpRequest): string | undefined {
  const whole = `${url.replace(/\/+$/, '')}${path}`;
  const parsed = URL.parse(whole);
  return parsed?.href === whole && parsed.origin === origin ? whole : undefined;
}

function unsignedOf({ method, headers, body }: HttpRequest, url: string, now: number) {
  const isJson = body !== undefined;
  const own = isJson ? [['content-type', 'application/json'] as const] : [];
  const bytes = new Uint8Array(Buffer.from(body ?? '', 'utf8'));
  const date = new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return { method, url, headers: [...headers, ...own], body: bytes, now, date };
}

function sent(code: string, message: string): Result<never, EdgeRefusal> {
  return { ok: false, error: { code, message, isSent: true } };
}
