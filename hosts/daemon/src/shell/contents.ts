import { randomBytes } from 'node:crypto';
import type { Artifact, Beside, Payloads } from '@ioi/agentgres';
import { type ArtifactStore, type NewArtifact, utf8Pieces } from '@ioi/agentgres/shell';
import { BoundedMap, encodeUtf8, type Result } from '@ioi/basis';
import { canonicalJson, type Digest, digestBytes } from '@ioi/canon';
import { inTurns } from '@ioi/guardian/shell';
import {
  contentKeys,
  contentsIn,
  egressRules,
  inspectVault,
  type Layers,
  type Contents as RuleContents,
  readVault,
  SALT_DIGITS,
  saltedText,
  unsaltedText,
  type VaultContent,
} from '@ioi/law';
import type { ArtifactClass } from '@ioi/protocol';
import { type Call, classOf, outputClassOf, type Retention } from '../core/index.ts';
import type { HeadReader } from './head-reader.ts';
import { HeldContents } from './held-contents.ts';
import { damaged } from './not-at-hand.ts';

export type ContentsOptions = {
  readonly store: ArtifactStore;
  readonly reader: HeadReader;
  readonly retention: () => Retention;
  /** The guardian's half of the key to what was inspected: its salt is on no disk of ours. */
  readonly commitmentKey: (digest: string) => Promise<Uint8Array>;
  /** What stands beside entries of the log below this size has its own place now. */
  readonly settled: (size: number) => void;
  readonly log: (message: string, about: object) => void;
};

/** Contents a decision is made on: their texts for the guardian, and for rules to read. */
export type DecidedOn = {
  readonly digests: readonly Digest[];
  readonly payloads: Payloads;
  readonly contents: RuleContents;
};

/** What was put, and what has to be written with the entry that refers to it. */
export type Put = { readonly digests: readonly Digest[]; readonly beside: readonly Beside[] };

/**
 * What stands for a tool's output in the log. `put` is there where its bytes are kept too, with
 * nothing in it where they could not be.
 */
export type KeptOutput = { readonly commitment: Digest; readonly put?: Put };

const TEXT = 'text/plain';
/** Without a salt before it. */
const OF_BYTES = 'application/octet-stream';
const JSON_TYPE = 'application/json';
/** Of what was inspected: it opens with the guardian's half of its key. */
const VAULT_TYPE = 'application/vnd.ioi.vault';
/** Texts that need not be read again, and how long one may be. */
const MOST_AT_HAND = 256;
const LONGEST_AT_HAND = 4096;
/** Contents are written to their own place so many at once, or so late. */
const WRITTEN_AT_ONCE = 256;
const WRITTEN_AFTER_MS = 250;
/** Where that failed, such as on a full disk. */
const AGAIN_AFTER_MS = 5_000;
/** Of those that do not open, how many are told of. */
const MOST_DAMAGED = 100;
const NOTHING_PUT: Put = { digests: [], beside: [] };
/** Entries looked at for one request: also as many like it as are written at once. */
const MOST_ENTRIES = 4 * WRITTEN_AT_ONCE;

/** What requests only refer to: put before the log speaks of it, read for whoever needs it. */
export class Contents {
  readonly #options: ContentsOptions;
  /** Salted texts that were put a moment ago, for whoever performs the action. */
  readonly #atHand = new BoundedMap<string, string>(MOST_AT_HAND);
  /** Salted texts of acts that are performed now, and how many of those there are. */
  readonly #held = new HeldContents();
  readonly #damaged = new Set<string>();
  /** What runs that are open were given. */
  readonly #needed = new Set<string>();
  #writing: NodeJS.Timeout | undefined;
  /** The last writing failed. */
  #isLate = false;

  constructor(options: ContentsOptions) {
    this.#options = options;
  }

  /** `settle` says what became of the entry that refers to them. */
  async put(
    { request, requestHash, vault }: Call,
    payloads: Payloads,
    decidedOn: readonly string[],
  ): Promise<Put> {
    const { agent_id: agentId } = request.context;
    const created = this.#options.reader.chainTime();
    const isPut = vault !== undefined && Object.hasOwn(payloads, vault);
    const half = isPut ? await this.#options.commitmentKey(vault) : undefined;
    const artifacts = Object.entries(payloads).map(
      ([digest, text]): NewArtifact => ({
        digest: digest as Digest,
        artifactClass: classOf(request.target, decidedOn.includes(digest)),
        ...(digest === vault ? { mediaType: VAULT_TYPE, half } : { mediaType: TEXT }),
        requestHash,
        agentId,
        created,
        content: utf8Pieces(text),
      }),
    );
    const put = this.#put(artifacts);
    for (const [digest, text] of Object.entries(payloads)) {
      if (digest !== vault && text.length <= LONGEST_AT_HAND) this.#atHand.set(digest, text);
    }
    return put;
  }

  /** The log refers to these now, or refused to: then nobody ever will. */
  settle({ digests }: Put = NOTHING_PUT, isInLog: boolean): void {
    if (digests.length === 0) return;
    if (isInLog) {
      this.#options.store.keep(digests);
      return;
    }
    for (const digest of digests) this.#atHand.delete(digest);
    this.#options.store.destroy(digests);
  }

  decidedOn(digests: readonly Digest[], atHand: Payloads): DecidedOn {
    const texts = digests.flatMap((digest) => {
      const text = atHand[digest] ?? this.salted(digest);
      return text === undefined ? [] : [[digest, text] as const];
    });
    const unsalted = new Map(texts.map(([digest, text]) => [digest, unsaltedText(text)]));
    const contents: RuleContents = (digest) => unsalted.get(digest);
    return { digests, payloads: Object.fromEntries(texts), contents };
  }

  /** What is found in what a call would send, and the content it was found in, for the guardian. */
  async inspected(call: Call, layers: Layers, atHand: Payloads) {
    const { contract, vault } = call;
    const rules = egressRules(layers, contract);
    const salted = vault === undefined ? undefined : (atHand[vault] ?? (await this.#vault(vault)));
    if (rules === undefined || vault === undefined || salted === undefined) return undefined;
    const content = encodeUtf8(salted);
    const inspecting = inspectVault({ content, contract, rules, sourceHash: vault });
    const inspected = await inTurns(inspecting);
    return inspected && { decision: inspected.decision, payloads: { [vault]: salted } };
  }

  /** The parameters of a call before anything was taken out of them. */
  async vaultParams(vault: string): Promise<VaultContent['params'] | undefined> {
    const salted = await this.#vault(vault);
    return salted === undefined ? undefined : readVault(encodeUtf8(salted))?.params;
  }

  /** An output is committed to under a salt where it is kept, so that forgetting tells nothing. */
  output(call: Pick<Call, 'request' | 'requestHash'>, output: unknown): KeptOutput | undefined {
    const text = output === undefined ? undefined : canonicalJson(output);
    if (!text?.ok) return undefined;
    const { retention, reader } = this.#options;
    const { requestHash, request } = call;
    const { agent_id: agentId } = request.context;
    const artifactClass = outputClassOf(agentId);
    if (retention()[artifactClass].keep_days === 0) return { commitment: digestBytes(text.value) };
    const salted = saltedText(randomBytes(SALT_DIGITS / 2).toString('hex'), text.value);
    const digest = digestBytes(salted);
    const about = { artifactClass, mediaType: JSON_TYPE, requestHash, agentId };
    const created = reader.chainTime();
    const put = this.#putOutput({ ...about, digest, created, content: utf8Pieces(salted) });
    return { commitment: digest, put };
  }

  #putOutput(artifact: NewArtifact): Put {
    const { requestHash: request_hash } = artifact;
    try {
      return this.#put([artifact]);
    } catch (fault) {
      // It was performed: what became of it is recorded whether or not its output can be kept.
      this.#options.log('output was not kept', { request_hash, fault: String(fault) });
      return NOTHING_PUT;
    }
  }

  /** How long one of this class may be that is kept; 0 where none is. */
  mostKept(artifactClass: ArtifactClass): number {
    const { keep_days: days, max_bytes: most } = this.#options.retention()[artifactClass];
    return days === 0 ? 0 : most;
  }

  /** What was sent or came, and stands on disk, where one of its class and size is kept. */
  async keepLarge(
    { digest, bytes }: { readonly digest: Digest; readonly bytes: number },
    { request, requestHash }: Pick<Call, 'request' | 'requestHash'>,
    content: Iterable<Uint8Array>,
    artifactClass = classOf(request.target, false),
  ): Promise<void> {
    const { store, reader, log } = this.#options;
    // What was forgotten once is not forgotten again: it would stay for ever.
    if (bytes > this.mostKept(artifactClass) || this.#isForgotten(digest)) return;
    const { agent_id: agentId } = request.context;
    const created = reader.chainTime();
    const about = { artifactClass, mediaType: OF_BYTES, requestHash, agentId, created };
    try {
      await inTurns(store.putLarge({ digest, content, ...about }));
      store.keep([digest]);
      this.#writeAfter(WRITTEN_AFTER_MS);
    } catch (fault) {
      // It was sent, or handed on, whether or not it can be kept.
      log('a body was not kept', { request_hash: requestHash, fault: String(fault) });
    }
  }

  /**
   * Has at hand what an act refers to until it is let go: whoever performs it reads nothing that
   * might not come. Otherwise why it cannot be read, while nothing was done yet.
   */
  async hold(params: object): Promise<Result<() => void, string>> {
    return this.#held.hold(contentsIn(params), async (digest) => {
      const isAtHand = this.#atHand.get(digest) !== undefined;
      if (!isAtHand && !this.#isForgotten(digest)) await this.#options.store.recall(digest);
      const text = this.salted(digest);
      const isLost = text === undefined && this.isDamaged(digest);
      // What was forgotten since is nothing that a doctor helps with.
      if (isLost && !this.#isForgotten(digest)) throw damaged(digest);
      return text;
    });
  }

  /**
   * With its salt, as its digest is over it; undefined when it is not held any more, and where what
   * is held is not what was put. A fault where it cannot be read now.
   */
  salted(digest: string): string | undefined {
    if (this.#isForgotten(digest)) return undefined;
    const atHand = this.#atHand.get(digest) ?? this.#held.text(digest);
    if (atHand !== undefined) return atHand;
    return this.#isVault(digest) ? undefined : this.#whole(digest);
  }

  /** Damage to one content is told of by name, and is no fault of whoever asks for it. */
  #whole(digest: string): string | undefined {
    try {
      const text = this.#options.store.text(digest);
      this.#damaged.delete(digest);
      return text;
    } catch (fault) {
      if ((fault as NodeJS.ErrnoException).code !== 'artifact.corrupt') throw fault;
      if (!this.isDamaged(digest)) {
        this.#options.log('a content does not open', { digest, fault: String(fault) });
      }
      this.#damaged.add(digest);
      // The one asked for last is always among them: whoever asked is told so.
      const [oldest] = this.#damaged;
      if (this.#damaged.size > MOST_DAMAGED && oldest) this.#damaged.delete(oldest);
      return undefined;
    }
  }

  /** Nobody forgets it until it is let go: a run that is open goes on from it. */
  need(digest: string): void {
    this.#needed.add(digest);
  }

  letGo(digest: string): void {
    this.#needed.delete(digest);
  }

  isNeeded(digest: string): boolean {
    return this.#needed.has(digest);
  }

  isDamaged(digest: string): boolean {
    return this.#damaged.has(digest);
  }

  /** Those that were asked for since the start and did not open, at most a hundred. */
  get damaged(): readonly string[] {
    return [...this.#damaged].filter((digest) => !this.#isForgotten(digest));
  }

  /** The text itself. */
  text(digest: string): string | undefined {
    const salted = this.salted(digest);
    return salted === undefined ? undefined : unsaltedText(salted);
  }

  /** Salted, piece by piece. */
  async pieces(digest: string): Promise<Iterable<Uint8Array> | undefined> {
    if (this.#isForgotten(digest)) return undefined;
    const { store, commitmentKey } = this.#options;
    const half = this.#isVault(digest) ? await commitmentKey(digest) : undefined;
    await store.recall(digest);
    return store.content(digest, half);
  }

  /**
   * What a stop left half done: contents that no entry refers to are gone, contents that the log
   * says were forgotten lose their keys now.
   */
  recover(): void {
    const { store, reader, settled, log } = this.#options;
    // Taken up when the store was opened.
    settled(reader.size);
    const [named, unnamed] = parted(store.unsettled('new'), (artifact) => {
      // What stood beside the log may have been forgotten since.
      return this.#isInLog(artifact) && !this.#isForgotten(artifact.digest);
    });
    const condemned = store.unsettled('condemned');
    const [gone, spared] = parted(condemned, ({ digest }) => this.#isForgotten(digest));
    store.keep(named);
    if (spared.length > 0) store.pardon(spared);
    const destroyed = [...unnamed, ...gone];
    if (destroyed.length === 0) return;
    store.destroy(destroyed);
    log('contents settled', { unnamed: unnamed.length, forgotten: gone.length });
  }

  #put(artifacts: readonly NewArtifact[]): Put {
    const { store } = this.#options;
    const beside = store.put(artifacts);
    if (store.unwritten >= WRITTEN_AT_ONCE && !this.#isLate) this.#write();
    else this.#writeAfter(WRITTEN_AFTER_MS);
    return { digests: artifacts.map(({ digest }) => digest), beside };
  }

  /** Nobody waits for it: what was sealed stands beside its entries until then. */
  #write(): void {
    clearTimeout(this.#writing);
    this.#writing = undefined;
    const { store, reader, settled, log } = this.#options;
    try {
      store.write();
      settled(reader.size);
      this.#isLate = false;
    } catch (fault) {
      log('contents are not written yet', { fault: String(fault) });
      this.#isLate = true;
      this.#writeAfter(AGAIN_AFTER_MS);
    }
  }

  #writeAfter(milliseconds: number): void {
    this.#writing ??= setTimeout(() => this.#write(), milliseconds).unref();
  }

  /** Salted; undefined too where the guardian that had the other half of its key is no more. */
  async #vault(digest: string): Promise<string | undefined> {
    if (this.#isForgotten(digest) || !this.#isVault(digest)) return undefined;
    const { store, commitmentKey, log } = this.#options;
    const half = await commitmentKey(digest);
    try {
      await store.recall(digest);
      return store.text(digest, half);
    } catch (fault) {
      log('what was inspected does not open', { digest, fault: String(fault) });
      return undefined;
    }
  }

  #isVault(digest: string): boolean {
    return this.#options.store.artifact(digest)?.mediaType === VAULT_TYPE;
  }

  #isForgotten(digest: string): boolean {
    return this.#options.reader.get(contentKeys.forgotten(digest)) !== undefined;
  }

  #isInLog({ digest, requestHash }: Artifact): boolean {
    const { reader } = this.#options;
    const seqs = reader.find(requestHash, MOST_ENTRIES);
    return seqs.some((seq) => reader.texts(seq, seq + 1)[0]?.includes(digest));
  }
}

function parted(
  artifacts: readonly Artifact[],
  isFirst: (artifact: Artifact) => boolean,
): [Digest[], Digest[]] {
  const first = artifacts.filter(isFirst);
  const rest = artifacts.filter((each) => !first.includes(each));
  return [first.map(({ digest }) => digest), rest.map(({ digest }) => digest)];
}
