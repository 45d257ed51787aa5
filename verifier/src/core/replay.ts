import { err } from '@ioi/basis';
import {
  admit,
  applyToTree,
  assumptionsOf,
  ClientBatches,
  type CompiledPolicy,
  EPOCH_CHANGE,
  effectiveItems,
  followsLog,
  HeadMap,
  HeadOverlay,
  type Heads,
  isSigned,
  layersInForce,
  policiesIn,
  policyCache,
  rootDigest,
  stampOf,
  textPatternsOf,
} from '@ioi/law';
import { StateTree } from '@ioi/merkle';
import type { ChangeEpoch, DecideAction, Evidence } from '@ioi/protocol';
import { codeOf, type Finding, type FindingCode } from './codes.ts';
import {
  brokenCommit,
  type CommitClock,
  epochAfter,
  type PlacedCommit,
  type PlacedEntry,
} from './commit-rules.ts';
import { EffectOrder } from './effect-order.ts';
import { Epochs } from './epochs.ts';
import type { PayloadShelf } from './payload-shelf.ts';
import { ReceiptChain } from './receipt-chain.ts';
import { RunActs } from './run-acts.ts';
import type { Trust } from './trust.ts';

/**
 * Decides the whole log again, commit by commit, through the modules that the guardian used.
 * Every operation must give the very bytes that were signed: so every verdict was evaluated under
 * its policy, every approval held, once, and every receipt says what its operation warrants.
 */
export class Replay {
  readonly heads = new HeadMap();
  readonly epochs: Epochs;
  readonly #tree = new StateTree();
  readonly #chain = new ReceiptChain();
  readonly #effects = new EffectOrder();
  readonly #runs = new RunActs();
  readonly #trust: Trust;
  readonly #payloads: PayloadShelf;
  readonly #policies = policyCache();
  /** Operations that a key signed: each is admitted once, whoever brought it. */
  readonly #signed = new Set<string>();
  /** Of the commit that is replayed. */
  #batches = new ClientBatches();
  /** Places of decisions on content that was forgotten. */
  readonly unseen: string[] = [];
  #clock: CommitClock;

  constructor(trust: Trust, payloads: PayloadShelf) {
    this.#trust = trust;
    this.#payloads = payloads;
    this.epochs = new Epochs(trust.sealer);
    this.#clock = { height: 0n, chainTime: 0n, epoch: trust.genesis.epoch };
  }

  /** Takes the next commit; a finding ends the replay. */
  take(commit: PlacedCommit): Finding | undefined {
    const closing = commit.items.at(-1);
    const broken = brokenCommit(commit, this.#clock);
    if (broken || !closing) return broken;
    const items = effectiveItems(commit);
    if (this.#clock.height === 0n && items[0]?.entry.seq !== '0') {
      return found(closing, 'genesis.missing', 'genesis is voided');
    }
    const view = new HeadOverlay(this.heads);
    this.#batches = new ClientBatches();
    for (const item of items) {
      const differs = this.#decideAgain(item, view);
      if (differs) return differs;
    }
    const changes = view.changes();
    this.heads.apply(changes);
    applyToTree(this.#tree, changes);
    if (rootDigest(this.#tree) !== commit.range.summary.state_root) {
      return found(closing, 'state.root_mismatch', 'the heads have another root');
    }
    const { height, chain_time } = closing.entry;
    const chainTime = BigInt(chain_time);
    const epoch = epochAfter(commit, this.#clock.epoch);
    this.#clock = { epoch, height: BigInt(height) + 1n, chainTime };
    for (const { entry } of items) this.epochs.take(entry);
    return this.#effects.brokenBy(commit) ?? this.#runs.brokenBy(commit);
  }

  #decideAgain(item: PlacedEntry, view: HeadOverlay): Finding | undefined {
    const { entry, text, line, before } = item;
    const misfiled = this.#payloads.refer(entry);
    if (misfiled) return { ...misfiled, line };
    if (isSigned(entry) && this.#signed.has(entry.operation_id)) {
      return found(item, 'replay.refused', `${entry.operation_id} was admitted before`);
    }
    const again = this.#admitSeen(item, view);
    if (!again.ok) {
      const forged = again.error.code === 'operation.not_authentic';
      if (forged) return found(item, 'entry.not_authentic', again.error.message);
      const code = again.error.code.startsWith('epoch.') ? codeOf(again.error.code) : undefined;
      if (code) return found(item, code, again.error.message);
      return found(item, 'replay.refused', `${again.error.code}: ${again.error.message}`);
    }
    if (entry.operation === EPOCH_CHANGE && !followsLog(entry.payload as ChangeEpoch, before)) {
      return found(item, 'epoch.wrong_root', 'the predecessor sealed another log than this');
    }
    const unchained = this.#chain.brokenBy(entry);
    if (unchained !== undefined) return found(item, 'receipt.chain_broken', unchained);
    if (again.value.text !== text) {
      return found(item, 'replay.differs', `${entry.operation} does not give these events`);
    }
    if (isSigned(entry)) this.#signed.add(entry.operation_id);
    this.#batches.note(entry);
    view.apply(again.value.changes);
    return undefined;
  }

  /**
   * Where the content of a decision was forgotten, the signed bytes must be those that the policy
   * gives for some content; what it was decided on is not seen, everything else is checked. What
   * an inspection found is the guardian's word, that the verdict follows from it is not.
   */
  #admitSeen(item: PlacedEntry, view: Heads): ReturnType<typeof admit> {
    const { evidence } = this.#payloads;
    const seen = this.#admit(item, view, evidence);
    if (seen.ok || !UNSEEN.includes(seen.error.code)) return seen;
    if (seen.error.code === 'content.missing') this.unseen.push(item.entry.seq);
    const chainTime = BigInt(item.entry.chain_time);
    const layers = layersInForce({ view, policies: this.#policies, evidence, chainTime });
    const policies = layers.ok ? policiesIn(layers.value) : [];
    const { target } = (item.entry.payload as DecideAction).request;
    for (const matching of assumptionsOf(patternsOf(policies, target))) {
      const assumed = (pattern: string): boolean => matching.has(pattern);
      const again = this.#admit(item, view, { ...evidence, assumed });
      if (again.ok && again.value.text === item.text) return again;
    }
    return err({ code: 'content.impossible', message: 'no content gives this decision' });
  }

  #admit({ entry }: PlacedEntry, view: Heads, evidence: Evidence): ReturnType<typeof admit> {
    const { modules } = this.#trust;
    const authenticate = this.#batches.over(this.#trust.authenticate);
    return admit(entry, { modules, view, evidence, authenticate, at: stampOf(entry) });
  }
}

function patternsOf(policies: readonly CompiledPolicy[], target: string): readonly string[] {
  return [...new Set(policies.flatMap((policy) => textPatternsOf(policy, target)))].sort();
}
/** What was forgotten, and what was inspected before it left, which no export carries. */
const UNSEEN: readonly string[] = ['content.missing', 'content.withheld'];

function found({ entry, line }: PlacedEntry, code: FindingCode, message: string): Finding {
  return { code, message, line, seq: entry.seq };
}
