import { assert, encodeBase64, encodeUtf8, type Result } from '@ioi/basis';
import { type Digest, digestBytes, sha256 } from '@ioi/canon';
import { formatCheckpoint, formatNote, verifierRegistry } from '@ioi/crypto';
import {
  cosignCheckpoint,
  generateHybridKey,
  type HybridKey,
  signHybrid,
  signNote,
} from '@ioi/crypto/shell';
import { Frontier, leafHash, StateTree } from '@ioi/merkle';
import type { ChangeEpoch, Evidence, Genesis, HeadKey, LogEntry, Rejection } from '@ioi/protocol';
import { BOUNDARY, nodeIdOf, originOf } from '../core/boundary/index.ts';
import { contentKeys } from '../core/content/index.ts';
import { EPOCH_CHANGE, epochMessage, logNameOf, nextEpochOf } from '../core/domain/index.ts';
import { formatHeader, formatPayload, writeExport } from '../core/export/index.ts';
import {
  type Admitted,
  type Authenticate,
  admit,
  applyToTree,
  authenticator,
  ClientBatches,
  COMMIT_OPERATION,
  composeEntry,
  DOMAIN_MODULE_HASH,
  HeadMap,
  HeadOverlay,
  type Heads,
  type Modules,
  type ProposedOperation,
  parseEntry,
  rootDigest,
  type SealedText,
} from '../core/ledger/index.ts';
import { nodeModules } from '../core/node-modules.ts';
import { textOf } from './artifacts.ts';

export type TestNodeOptions = {
  /** Keys follow from it: nodes of the same seed are two writers with one set of keys. */
  readonly seed?: string;
  readonly demo?: boolean;
  readonly chainTime?: bigint;
  /** Of programs before this one: modules that its genesis does not name. */
  readonly without?: readonly string[];
};

const EPOCH = '0';

type Voided = { seq: string; code: string }[];

/** What a commit closes: where it began and what a recovery made of it. */
type Closing = { readonly first: number; readonly recovered: boolean; readonly voided: Voided };

/** Who seals, and from which epoch on. */
type Sealing = { readonly key: HybridKey; readonly origin: string; readonly epoch: string };

/** A change of epoch that the owner signed, and the key that seals once it is committed. */
export type DraftedEpoch = { readonly change: ChangeEpoch; readonly key: HybridKey };

/**
 * A guardian and a log writer in memory, for tests of whatever reads a node's log: admits
 * through the same modules, composes the same commits, signs the same notes. Never a substitute
 * for either: nothing is durable and nobody is asked.
 */
export class TestNode {
  readonly owner: HybridKey;
  readonly guardian: HybridKey;
  readonly genesis: Genesis;
  readonly modules: Modules = nodeModules();
  readonly authenticate: Authenticate;
  /** Canonical texts of all entries, sealed or not. */
  readonly texts: string[] = [];
  readonly payloads = new Map<string, string>();
  readonly evidence: Evidence;
  chainTime: bigint;
  #heads = new HeadMap();
  #tree = new StateTree();
  #sealed = 0;
  #sealedTime = 0n;
  #height = 0n;
  #operations = 0;
  #sealing: Sealing;

  constructor({ seed = 'test', demo = true, ...options }: TestNodeOptions = {}) {
    const { chainTime = 1_000_000n, without = [] } = options;
    this.owner = keyFrom(`${seed} owner`);
    this.guardian = keyFrom(`${seed} guardian`);
    this.chainTime = chainTime;
    const named = new Map([...this.modules].filter(([name]) => !without.includes(name)));
    this.genesis = genesisFor(this.owner, this.guardian, { demo, modules: named });
    this.#sealing = { key: this.guardian, origin: this.genesis.origin, epoch: EPOCH };
    this.authenticate = authenticator(logNameOf(this.genesis), verifierRegistry());
    this.evidence = {
      payload: (digest) => {
        const text = this.payloads.get(digest);
        return text === undefined ? undefined : encodeUtf8(text);
      },
    };
    this.seal(this.propose('genesis', this.genesis, 'guardian'));
  }

  get view(): Heads {
    return this.#heads;
  }

  head<T>(key: HeadKey): T | undefined {
    return this.#heads.get<T>(key);
  }

  heads(headClass: string): readonly string[] {
    return this.#heads.list(headClass).map((each) => each.key.id);
  }

  savePayload(text: string): Digest {
    const digest = digestBytes(text);
    this.payloads.set(digest, text);
    return digest;
  }

  propose(
    operation: string,
    payload: object,
    kind: 'channel' | 'guardian' = 'channel',
  ): ProposedOperation {
    this.#operations += 1;
    return {
      operation_id: `op_${this.#operations.toString(16).padStart(32, '0')}`,
      operation: operation.includes('/') ? operation : `${BOUNDARY}/${operation}`,
      authenticated_by: { kind },
      payload: payload as Record<string, unknown>,
    };
  }

  /** What admitting it now would give; nothing is kept. */
  tryAdmit(
    proposed: ProposedOperation,
    view: Heads = this.#heads,
    stored = proposed.authenticated_by,
  ): Result<Admitted, Rejection> {
    const at = { seq: BigInt(this.texts.length), height: this.#height, chainTime: this.chainTime };
    const { modules, evidence, authenticate } = this;
    return admit(proposed, { modules, view, evidence, authenticate, stored, at });
  }

  /** One commit of what is admitted, each on the heads the ones before it left. */
  commit(proposed: readonly ProposedOperation[]): Result<Admitted, Rejection>[] {
    const first = this.texts.length;
    const { results, view } = this.#append(proposed);
    if (this.texts.length > first) this.#close({ first, recovered: false, voided: [] }, view);
    return results;
  }

  /** Commits operations that must be admitted; the entry of the last. */
  seal(...proposed: ProposedOperation[]): LogEntry {
    const results = this.commit(proposed);
    const refused = results.find((result) => !result.ok);
    const last = results.at(-1);
    assert(last?.ok === true && !refused, `refused: ${JSON.stringify(refused)}`);
    return last.value.entry;
  }

  /** Moves Chain Time forward as elapsed time does. */
  tick(milliseconds: bigint): void {
    this.chainTime += milliseconds;
  }

  /** A commit that begins with the guardian moving its clock. */
  resync(to: bigint, ...proposed: ProposedOperation[]): void {
    const resync = this.proposeResync(to);
    this.chainTime = to;
    this.seal(resync, ...proposed);
  }

  proposeResync(to: bigint): ProposedOperation {
    const payload = { from: String(this.chainTime), to: String(to) };
    return this.propose('clock.resync', payload, 'guardian');
  }

  /** A crash between log and seal: entries, and the commit entry too, that nothing sealed. */
  crash(proposed: readonly ProposedOperation[], withCommit = true): void {
    const first = this.texts.length;
    const { view } = this.#append(proposed);
    if (!withCommit) return;
    const undo = applyToTree(this.#tree, view.changes());
    this.#appendCommit({ first, recovered: false, voided: [] });
    this.#tree.apply(undo);
  }

  /** What follows a crash: the tail is admitted again, what the guardian said later is voided. */
  recover(): void {
    const view = new HeadOverlay(this.#heads);
    const voided: Voided = [];
    this.chainTime = this.#sealedTime;
    for (const text of this.texts.slice(this.#sealed)) {
      const { entry } = readEntry(text);
      if (entry.operation === COMMIT_OPERATION) continue;
      const isOwn = entry.authenticated_by.kind === 'guardian' && entry.operation !== EPOCH_CHANGE;
      const again = isOwn ? undefined : this.#again(entry, view);
      if (again?.ok && again.value.text === text) {
        view.apply(again.value.changes);
        this.chainTime = BigInt(entry.chain_time);
      } else
        voided.push({ seq: entry.seq, code: again?.ok === false ? again.error.code : 'stale' });
    }
    this.#close({ first: this.#sealed, recovered: true, voided }, view);
  }

  /** Signed note over these entries, all unless told, with both lines. */
  async note(texts: readonly string[] = this.texts): Promise<string> {
    let frontier = Frontier.empty;
    for (const text of texts) frontier = frontier.append(leafHash(encodeUtf8(text)));
    const { key, origin } = this.#sealing;
    const checkpoint = { origin, size: frontier.size, root: encodeBase64(frontier.root()) };
    const text = formatCheckpoint(checkpoint);
    const cosigned = await cosignCheckpoint(key, origin, checkpoint, 0n);
    return formatNote({ text, signatures: [signNote(key, origin, text), cosigned] });
  }

  /** A change to the next epoch over the log as it stands; another seal key each time. */
  async draftEpoch(reason: ChangeEpoch['reason'] = 'handover'): Promise<DraftedEpoch> {
    const { epoch, origin } = nextEpochOf({ ...this.genesis, epoch: this.#sealing.epoch });
    const key = keyFrom(`${this.genesis.node_id} ${epoch} ${this.texts.length}`);
    const predecessor = { size: String(this.texts.length), note: await this.note() };
    const unsigned = { epoch, reason, predecessor, guardian_key: key.publicKey, origin };
    return { change: this.signEpoch(unsigned), key };
  }

  /** With the signature of its owner, or of whoever says so, for this log or another. */
  signEpoch(
    { owner_signature: _, ...change }: Omit<ChangeEpoch, 'owner_signature'> & Partial<ChangeEpoch>,
    by: HybridKey = this.owner,
    domain_id?: string,
  ): ChangeEpoch {
    const { node_id } = this.genesis;
    const message = epochMessage(
      change,
      domain_id === undefined ? { node_id } : { node_id, domain_id },
    );
    assert(message.ok, 'a change has a canonical form');
    return { ...change, owner_signature: signHybrid(by, 'SIG_DOMAIN_OPERATION', message.value) };
  }

  /** From here on the other key seals; the operation that says so is to come next. */
  takeOver({ change, key }: DraftedEpoch): ProposedOperation {
    this.#sealing = { key, origin: change.origin, epoch: change.epoch };
    return this.propose(EPOCH_CHANGE, change, 'guardian');
  }

  /** Begins an epoch with a commit of its own. */
  beginEpoch(drafted: DraftedEpoch): LogEntry {
    return this.seal(this.takeOver(drafted));
  }

  /** The whole export of the log as it stands. */
  async export(): Promise<string> {
    const payload = (digest: string) => this.payloads.get(digest);
    const isForgotten = (digest: string) => this.head(contentKeys.forgotten(digest)) !== undefined;
    const note = await this.note();
    const lines = writeExport({ note, entries: this.texts, payload, isForgotten });
    assert(lines.ok, `not exported: ${JSON.stringify(lines)}`);
    return `${lines.value.join('\n')}\n`;
  }

  /** An export of whatever entries, signed by the guardian as if it had sealed them. */
  async forge(texts: readonly string[], payloads = [...this.payloads.values()]): Promise<string> {
    const lines = payloads.map((text) => formatPayload({ digest: digestBytes(text), text }));
    const note = await this.note(texts);
    const header = formatHeader({ note, payloads: lines.length, entries: texts.length });
    return `${[header, ...lines, ...texts].join('\n')}\n`;
  }

  #append(proposed: readonly ProposedOperation[]) {
    const view = new HeadOverlay(this.#heads);
    const batches = new ClientBatches();
    const results = proposed.map((each) => {
      const stored = batches.asStored(each.authenticated_by);
      const admitted = this.tryAdmit(each, view, stored);
      if (admitted.ok) {
        batches.note(admitted.value.entry);
        view.apply(admitted.value.changes);
        this.texts.push(textOf(admitted.value.entry));
      }
      return admitted;
    });
    return { results, view };
  }

  #again(entry: LogEntry, view: Heads): Result<Admitted, Rejection> {
    const { seq, height, chain_time } = entry;
    const at = { seq: BigInt(seq), height: BigInt(height), chainTime: BigInt(chain_time) };
    const { modules, evidence, authenticate } = this;
    return admit(entry, { modules, view, evidence, authenticate, at });
  }

  #close(closing: Closing, view: HeadOverlay): void {
    this.#heads.apply(view.changes());
    applyToTree(this.#tree, view.changes());
    this.#appendCommit(closing);
    this.#height += 1n;
    this.#sealed = this.texts.length;
    this.#sealedTime = this.chainTime;
  }

  #appendCommit({ first, recovered, voided }: Closing): void {
    const state_root = rootDigest(this.#tree);
    const { epoch } = this.#sealing;
    const summary = { epoch, first_seq: String(first), state_root, recovered, voided };
    const at = {
      seq: BigInt(this.texts.length),
      height: this.#height,
      chainTime: this.chainTime,
      moduleHash: DOMAIN_MODULE_HASH,
    };
    const composed = composeEntry(this.propose(COMMIT_OPERATION, summary), at, []);
    assert(composed.ok, 'a commit entry is in order');
    this.texts.push(textOf(composed.value.entry));
  }
}

function genesisFor(
  owner: HybridKey,
  guardian: HybridKey,
  { demo, modules }: { demo: boolean; modules: Modules },
): Genesis {
  const node_id = nodeIdOf(owner.publicKey, guardian.publicKey);
  return {
    node_id,
    demo,
    owner_key: owner.publicKey,
    guardian_key: guardian.publicKey,
    origin: originOf(node_id),
    epoch: EPOCH,
    modules: [...modules.values()].map(({ name, version, moduleHash }) => ({
      name,
      version,
      module_hash: moduleHash,
    })),
  };
}

function keyFrom(seed: string): HybridKey {
  return generateHybridKey({ ed25519: sha256(`${seed} 1`), mlDsa44: sha256(`${seed} 2`) });
}

export function readEntry(text: string): SealedText {
  const parsed = parseEntry(encodeUtf8(text));
  assert(parsed.ok, `not an entry: ${text.slice(0, 80)}`);
  return parsed.value;
}
