import {
  END_WORKER_RUN,
  effectiveItems,
  type HeadMap,
  keys,
  type NodeEvent,
  nodeEventsOf,
  type OpenHead,
} from '@ioi/law';
import type {
  EndWorkerRun,
  FirewallDecisionReceipt,
  Genesis,
  ReceiptType,
  ToolExecutionReceipt,
} from '@ioi/protocol';
import type { PlacedCommit } from './commit-rules.ts';

/** What a verified log says, counted. Names are those of the artifacts. */
export type Summary = {
  readonly node_id: string;
  /** A demo node approves without a person. */
  readonly demo: boolean;
  readonly entries: number;
  readonly commits: number;
  /** Every call once, by how it ended; `pending` still waits. */
  readonly actions: Readonly<Record<ActionCount, number>>;
  /** Every execution once, by what is known of it at the end. */
  readonly executions: Readonly<Record<ExecutionCount, number>>;
  /** Request hashes of actions whose effect may have happened. */
  readonly open: readonly string[];
  readonly policies: readonly ActivatedPolicy[];
  /** Every receipt once, by its type. */
  readonly receipts: Readonly<Record<ReceiptType, number>>;
  /** Sessions, and runs of workers, that ended with a Commitment. */
  readonly commitments: number;
  /** Workers that were installed, and runs of them with a ManagedInvocationReceipt. */
  readonly workers: { readonly installed: number; readonly invocations: number };
  /** Of runs of workers: seeds that were committed, and those that their ends revealed. */
  readonly seeds: { readonly committed: number; readonly revealed: number };
  /** Changes of who seals, in order; none while the guardian of genesis does. */
  readonly epochs: readonly ChangedEpoch[];
  /** The signed note over all of it: what to remember for `expect`. */
  readonly checkpoint: string;
  /** Entries whose decision was made on content that was forgotten: not decided again on it. */
  readonly forgotten: readonly string[];
  /** Isolation tiers that receipts name. */
  readonly tiers: readonly string[];
};

export type ActionCount = 'allowed' | 'blocked' | 'approved' | 'pending' | 'denied' | 'refused';
export type ExecutionCount =
  | 'completed'
  | 'failed_before_effect'
  | 'effect_unknown'
  | 'contract_violations';

export type ActivatedPolicy = {
  readonly policy_id: string;
  readonly policy_hash: string;
  readonly version: string;
  readonly seq: string;
};

export type ChangedEpoch = {
  readonly epoch: string;
  /** `restore`: entries that were sealed behind `size` before may be lost. */
  readonly reason: 'handover' | 'restore' | 'succession';
  /** Entries that the one before sealed. */
  readonly size: string;
  /** Entries the one before is known to have sealed: those from `size` on are lost. */
  readonly known_size?: string;
};

/** Counts what replayed commits hold. */
export class Tally {
  readonly #actions = { allowed: 0, blocked: 0, approved: 0, pending: 0, denied: 0, refused: 0 };
  readonly #executions = {
    completed: 0,
    failed_before_effect: 0,
    effect_unknown: 0,
    contract_violations: 0,
  };
  readonly #receipts: Record<ReceiptType, number> = {
    policy: 0,
    tool_execution: 0,
    module_invocation: 0,
    upgrade: 0,
    mutation: 0,
    settlement: 0,
    session: 0,
  };
  readonly #policies: ActivatedPolicy[] = [];
  readonly #epochs: ChangedEpoch[] = [];
  readonly #tiers = new Set<string>();
  #commits = 0;
  #commitments = 0;
  #installed = 0;
  #invocations = 0;
  #committedSeeds = 0;
  #revealedSeeds = 0;

  take(commit: PlacedCommit): void {
    this.#commits += 1;
    for (const { entry } of effectiveItems(commit)) {
      for (const event of nodeEventsOf(entry)) this.#count(event, entry.seq);
      // The replay held it against what was committed.
      const isEnd = entry.operation === END_WORKER_RUN;
      if (isEnd && (entry.payload as EndWorkerRun).seed !== undefined) this.#revealedSeeds += 1;
    }
  }

  summary(
    genesis: Genesis,
    heads: HeadMap,
    log: Pick<Summary, 'entries' | 'checkpoint' | 'forgotten'>,
  ): Summary {
    const open = heads.list(keys.open('').headClass);
    const waiting = open.filter(({ value }) => (value as OpenHead).state === 'pending');
    return {
      node_id: genesis.node_id,
      demo: genesis.demo,
      ...log,
      commits: this.#commits,
      actions: { ...this.#actions, pending: waiting.length },
      executions: { ...this.#executions },
      open: open.filter((each) => !waiting.includes(each)).map(({ key }) => key.id),
      policies: [...this.#policies],
      receipts: { ...this.#receipts },
      commitments: this.#commitments,
      workers: { installed: this.#installed, invocations: this.#invocations },
      seeds: { committed: this.#committedSeeds, revealed: this.#revealedSeeds },
      epochs: [...this.#epochs],
      tiers: [...this.#tiers].sort(),
    };
  }

  #count(event: NodeEvent, seq: string): void {
    if (event.type === 'policy.activated') {
      const { policy_id, policy_hash, version } = event;
      this.#policies.push({ policy_id, policy_hash, version, seq });
    }
    if (event.type === 'epoch.changed') {
      const { epoch, reason, size, known_size } = event;
      const known = known_size === undefined ? {} : { known_size };
      this.#epochs.push({ epoch, reason, size, ...known });
    }
    if (event.type === 'session.closed' || event.type === 'worker_run.ended') {
      this.#commitments += 1;
    }
    if (event.type === 'worker_run.opened' && event.run.seed_commit !== undefined) {
      this.#committedSeeds += 1;
    }
    if (event.type === 'worker.installed') this.#installed += 1;
    if (event.type === 'worker_run.ended' && event.invocation !== undefined) {
      this.#invocations += 1;
    }
    if (event.type !== 'receipt.emitted') return;
    const { body, isolation_tier, receipt_type } = event.receipt;
    this.#receipts[receipt_type] += 1;
    if (isolation_tier !== undefined) this.#tiers.add(isolation_tier);
    if ('outcome' in body) this.#countExecution(body);
    if ('code' in body) this.#countDecision(body);
  }

  #countDecision({ verdict, request_hash, code }: FirewallDecisionReceipt): void {
    if (verdict.kind === 'Allow') this.#actions.allowed += 1;
    if (verdict.kind === 'Approved') this.#actions.approved += 1;
    if (verdict.kind !== 'Block') return;
    const denied = code.startsWith('approval.') ? 'denied' : 'blocked';
    this.#actions[request_hash === undefined ? 'refused' : denied] += 1;
  }

  #countExecution({ outcome, satisfied, reconciles }: ToolExecutionReceipt): void {
    if (reconciles !== undefined) this.#executions.effect_unknown -= 1;
    const violated = outcome === 'completed' && !satisfied;
    this.#executions[violated ? 'contract_violations' : outcome] += 1;
  }
}
