import { setTimeout as sleep } from 'node:timers/promises';
import { type Act, wholeAct } from '../core/ci/pre-approval.ts';
import { asksForWords, type PendingItem } from '../core/pending-view.ts';
import { payloadsOf } from '../shell/large-values.ts';
import type { StartedNode } from '../shell/start-node.ts';
import type { PreApprovals } from './pre-approvals.ts';

const LOOK_MS = 100;
const REASON = 'nobody is there to ask: ioi run --ci';

/** Who approved what beforehand, as it was used. */
export type UsedApproval = { readonly request_hash: string; readonly key_id: string };

/** Denies what waits for a person, as it comes, but for what was approved beforehand. */
export class RefuseWaiting {
  readonly #node: StartedNode;
  readonly #passphrase: string;
  readonly #approvals: PreApprovals;
  /** What was asked, whole, by the hash of the request. */
  readonly acts = new Map<string, Act>();
  readonly used: UsedApproval[] = [];
  /** Why an approval that fits was not enough, by the hash of the request. */
  readonly refusals = new Map<string, string>();
  readonly #stopping = new AbortController();
  readonly #ended: Promise<void>;

  constructor(node: StartedNode, passphrase: string, approvals: PreApprovals) {
    this.#node = node;
    this.#passphrase = passphrase;
    this.#approvals = approvals;
    this.#ended = this.#watch();
    // Thrown where the job ends.
    this.#ended.catch(() => {});
  }

  /** Once nothing waits any more. Rejects where something could not be denied. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#ended;
    await this.#denyAll();
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#denyAll();
      await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
    }
  }

  async #denyAll(): Promise<void> {
    for (const item of await this.#node.guardian.pending()) {
      try {
        await this.#settle(item);
      } catch (fault) {
        // Whoever asked may have taken it back meanwhile.
        if (await this.#waits(item)) throw fault;
      }
    }
  }

  async #settle(item: PendingItem): Promise<void> {
    const { guardian, daemon } = this.#node;
    const { request_hash } = item;
    const isSeen = this.acts.has(request_hash);
    const act = wholeAct(item.request, await payloadsOf(item, daemon));
    if (act !== undefined) this.acts.set(request_hash, act);
    // Seen again: that approval was not enough for the policy.
    // What asks for words is not answered by a yes, from whenever that is.
    const isQuestion = asksForWords(item);
    const taken = isSeen || isQuestion ? undefined : this.#approvals.take(act);
    if (taken?.isApproved === true) {
      await guardian.approve(request_hash, this.#passphrase);
      this.used.push(...taken.keyIds.map((key_id) => ({ request_hash, key_id })));
      return;
    }
    if (taken !== undefined) this.refusals.set(request_hash, taken.code);
    const reason = taken === undefined ? REASON : `${taken.code}: ${REASON}`;
    await guardian.deny(request_hash, this.#passphrase, reason);
  }

  async #waits({ request_hash }: PendingItem): Promise<boolean> {
    const pending = await this.#node.guardian.pending();
    return pending.some((each) => each.request_hash === request_hash);
  }
}
