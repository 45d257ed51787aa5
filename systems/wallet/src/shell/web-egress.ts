import { createHash } from 'node:crypto';
import { ok, type Result } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import type { PktReceiptCommit } from '@ioi/protocol';
import {
  type CheckedWeb,
  checkModelInvocation,
  checkWebInvocation,
  type EdgeRefusal,
  type Header,
  type ModelInvocation,
  unsent,
  type WebChecking,
  type WebInvocation,
} from '../core/index.ts';
import { cleanHeaders } from './clean.ts';
import { redacted } from './redacted.ts';
import type { OperationVault } from './sealed-egress.ts';
import { transmit } from './transmit.ts';

export type WebEgressOptions = Pick<WebChecking, 'argumentsOf' | 'metaOf'> & {
  readonly vault: OperationVault;
};

/** An answer while it comes, without the secret. Whoever takes it reads the body to its end. */
export type WebExchanged = {
  readonly status: number;
  readonly headers: readonly Header[];
  readonly body: AsyncIterable<Uint8Array>;
  /** What the guardian signs of it, once all of it came. */
  readonly receipt: () => Promise<PktReceiptCommit | undefined>;
};

export type WebExchange = (
  invocation: WebInvocation | ModelInvocation,
  cut: AbortSignal,
) => Promise<Result<WebExchanged, EdgeRefusal>>;

/** Answers change nothing of what is sent: an encoding of its own could hide a secret. */
const NOT_SENT_ON: readonly string[] = ['accept-encoding', 'host', 'content-length', 'connection'];

/**
 * Sends what programs in a sandbox ask for with a placeholder, the secret in its place, and
 * questions to models with a key: checks the seal, leases the one secret, sends once, takes the
 * secret out of what returns.
 */
export class WebEgress {
  readonly #options: WebEgressOptions;
  readonly #live = new Map<AbortController, CheckedWeb>();

  constructor(options: WebEgressOptions) {
    this.#options = options;
  }

  readonly exchange: WebExchange = async (invocation, cut) => {
    const { vault, argumentsOf, metaOf } = this.#options;
    const log = await vault.keys();
    if (!log.ok) return unsent(log.error.code, log.error.message);
    const checking = { ...log.value, argumentsOf, metaOf };
    const checked =
      'candidate' in invocation
        ? checkModelInvocation(invocation, checking)
        : checkWebInvocation(invocation, checking);
    if (!checked.ok) return checked;
    const own = new AbortController();
    this.#live.set(own, checked.value);
    const { timeout_ms } = invocation.contract.limits;
    const signal = AbortSignal.any([cut, own.signal, AbortSignal.timeout(timeout_ms)]);
    signal.addEventListener('abort', () => this.#live.delete(own), { once: true });
    const answered = await this.#send(checked.value, signal);
    if (!answered.ok) this.#live.delete(own);
    return answered.ok ? ok(this.#reading(answered.value, checked.value, own)) : answered;
  };

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

  async #send(
    { sealed, request, secret: name, origin, part, place }: CheckedWeb,
    signal: AbortSignal,
  ): Promise<Result<Answered, EdgeRefusal>> {
    const { vault } = this.#options;
    const { committed, committedHash, contract } = sealed;
    const { request_hash } = committed;
    const of = { committed_hash: committedHash, ...(part === undefined ? {} : { part }) };
    const { server } = contract;
    const leased = await vault.lease({ request_hash, ...of, name, server, origin });
    if (!leased.ok) return unsent(leased.error.code, leased.error.message);
    const { headers, method, url, body = new Uint8Array(0) } = request;
    const sent = headers.filter(([each]) => !NOT_SENT_ON.includes(each));
    const placed = place(sent, leased.value);
    const answered = placed.ok
      ? await transmit({
          outgoing: { target: { server: origin, url }, method, headers: placed.value.headers },
          body,
          signal,
        })
      : placed;
    if (placed.ok && answered.ok) return ok({ response: answered.value, ...placed.value });
    // Whoever was told the secret says that nothing went out with it.
    if (!answered.ok && !answered.error.isSent) await vault.unsent(of);
    return answered as Result<never, EdgeRefusal>;
  }

  #reading({ response, secrets }: Answered, { sealed, part }: CheckedWeb, own: AbortController) {
    const hash = createHash('sha256');
    const { status } = response;
    const live = this.#live;
    const { committedHash, request } = sealed;
    let isWhole = false;
    async function* body(): AsyncGenerator<Uint8Array> {
      try {
        for await (const chunk of redacted(response, secrets)) {
          hash.update(chunk);
          yield chunk;
        }
        isWhole = true;
      } finally {
        live.delete(own);
        if (!isWhole) own.abort();
      }
    }
    const receipt = async (): Promise<PktReceiptCommit | undefined> => {
      const cid = `sha256:${hash.digest('hex')}`;
      const result_hash = digestOf({ status, response_cid: cid });
      if (!result_hash.ok) return undefined;
      const committed = await this.#options.vault.commit({
        committed_hash: committedHash,
        ...(part === undefined ? {} : { part }),
        result_hash: result_hash.value,
        action_result_id: `res_${result_hash.value.slice('sha256:'.length, 'sha256:'.length + 32)}`,
        session_id: request.context.session_id ?? request.context.agent_id,
      });
      return committed.ok ? committed.value : undefined;
    };
    return { status, headers: cleanHeaders(response.headers, secrets), body: body(), receipt };
  }
}

type Answered = {
  readonly response: Response;
  readonly headers: readonly Header[];
  readonly secrets: readonly string[];
};
