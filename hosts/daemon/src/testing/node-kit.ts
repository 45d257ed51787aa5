import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { duplexPair } from 'node:stream';
import { LogWriter, newOperationId, SqliteStore } from '@ioi/agentgres/shell';
import { until } from '@ioi/basis/testing';
import { canonicalJson, digestOf } from '@ioi/canon';
import { noteKeysOf } from '@ioi/crypto';
import { generateHybridKey, sealKeyFile } from '@ioi/crypto/shell';
import type { ClockReading, GuardianNotice } from '@ioi/guardian';
import {
  Approver,
  createSealKey,
  type DomainChannel,
  Guardian,
  GuardianChannel,
  GuardianStore,
  OwnerLock,
  SealKeys,
  SealStore,
  StatementDesk,
  serveChannel,
  signChange,
} from '@ioi/guardian/shell';
import {
  canonicalize,
  domainModules,
  nodeDomainOf,
  nodeIdOf,
  nodeModules,
  originOf,
  type ProposedOperation,
  policyCache,
  verifySeal,
  writeExport,
} from '@ioi/law';
import type {
  ActionRequest,
  ActionRules,
  ChangeEpoch,
  DecideAction,
  Genesis,
  HeadKey,
  RuntimeToolContract,
} from '@ioi/protocol';
import { DomainLog } from '../shell/domain-log.ts';

export const PASSPHRASE = 'correct horse battery staple';
const CHEAP = { memory_kib: 1024, passes: 1, parallelism: 1 };

export type HandedOver = Extract<GuardianNotice, { readonly operation: ProposedOperation }>;

export type Attesting = {
  readonly guardian: Guardian;
  readonly approver: Approver;
  readonly desk: StatementDesk;
  readonly all: GuardianChannel;
  /** The node's own log. */
  readonly channel: DomainChannel;
};

/** A guardian and a log writer in one process, over real files: the boundary without the doors. */
export class NodeKit {
  readonly folder = mkdtempSync(join(tmpdir(), 'ioi-kit-'));
  readonly owner = generateHybridKey();
  readonly seal = createSealKey(join(this.#made('guardian'), 'seal.key'));
  readonly clock = { monotonic: 1_000n, wall: 1_800_000_000_000n };
  readonly notices: GuardianNotice[] = [];
  /** How long the guardian waits for what it handed over. */
  deliveryMs = 15_000;
  #keyFile = '';
  #sealing = this.seal;
  readonly #changes: Record<string, ChangeEpoch> = {};
  #guardian: Guardian | undefined;
  #nonce = 0n;

  readonly genesis: Genesis = {
    node_id: nodeIdOf(this.owner.publicKey, this.seal.publicKey),
    demo: false,
    owner_key: this.owner.publicKey,
    guardian_key: this.seal.publicKey,
    origin: originOf(nodeIdOf(this.owner.publicKey, this.seal.publicKey)),
    epoch: '0',
    modules: [...nodeModules().values()].map(({ name, version, moduleHash }) => ({
      name,
      version,
      module_hash: moduleHash,
    })),
  };

  #made(name: string): string {
    const path = join(this.folder, name);
    mkdirSync(path, { recursive: true });
    return path;
  }

  /** A guardian over the folder, as after a start. */
  async guardian(): Promise<Attesting> {
    this.#keyFile ||= await sealKeyFile(this.owner, PASSPHRASE, CHEAP);
    writeFileSync(join(this.folder, 'guardian', 'owner.key'), this.#keyFile);
    const store = new GuardianStore(join(this.folder, 'guardian', 'guardian.db'));

    const sealKeys = new SealKeys(this.#sealing);
    const policies = policyCache();
    const modules = nodeModules(undefined, policies);
    const readClock = (): ClockReading => ({ ...this.clock });
    const [ours, theirs] = duplexPair();
    const openStore = (name: string) => SealStore.open(join(this.#made('guardian'), `${name}.db`));
    const domains = { modules: domainModules(), openStore };
    const { genesis } = this;
    const changes = { ...this.#changes };
    const about = { store, sealKeys, genesis, changes, modules, domains, readClock };
    const guardian = new Guardian(about);
    this.#guardian = guardian;
    const notify = serveChannel(theirs, guardian);
    const now = (): number => Number(this.clock.monotonic);
    const lock = new OwnerLock(this.#keyFile, now);
    const delivering = { guardian, notify, deliveryMs: this.deliveryMs };
    const approver = new Approver({ ...delivering, store, lock, policies });
    const desk = new StatementDesk(delivering, lock);
    const all = new GuardianChannel(ours, {
      onNotice: (notice) => void this.notices.push(notice),
      onGone: () => {},
    });
    return { guardian, approver, desk, all, channel: all.domain() };
  }

  /** A log as the daemon opens it, the seals checked by the keys the log names. */
  openLog(channel: DomainChannel, domain = ''): Promise<DomainLog> {
    const folder = this.#made(join('data', domain.replaceAll(/[^a-z.]/g, '_')));
    const modules = domain === '' ? nodeModules() : domainModules();
    return DomainLog.open({ domain, folder, channel, modules, onSealed: () => {} });
  }

  /** An export of a log as it is sealed, both signatures made. */
  async exported({ guardian }: Attesting, { opened, store }: DomainLog): Promise<string> {
    const { domain_id: domainId } = opened.status;
    const latest = guardian.uncosigned().find((each) => each.domainId === domainId);
    if (!latest) throw new Error('nothing is sealed');
    const { note, frontier, origin } = latest;
    const both = await new SealKeys(this.#sealing).cosign(note, frontier, origin);
    const stored = await store.entries(0n, BigInt(frontier.size));
    const entries = stored.map(({ text }) => text);
    const none = { payload: () => undefined, isForgotten: () => false };
    const lines = writeExport({ note: both, entries, ...none });
    if (!lines.ok) throw new Error(lines.error.message);
    return lines.value.map((line) => `${line}\n`).join('');
  }

  /** From the next start on another key seals every log, by changes that somebody signed. */
  async appoint({ guardian }: Attesting, by = this.owner): Promise<void> {
    const before = new SealKeys(this.#sealing);
    this.#sealing = generateHybridKey();
    for (const { domainId, origin, note, frontier } of guardian.uncosigned()) {
      const both = await before.cosign(note, frontier, origin);
      const { epoch = '0' } = this.#changes[domainId] ?? {};
      const named = domainId === nodeDomainOf(this.genesis.node_id) ? {} : { domain_id: domainId };
      const guardian_key = before.key.publicKey;
      this.#changes[domainId] = signChange(by, {
        log: { ...this.genesis, ...named, origin, epoch, guardian_key },
        reason: 'handover',
        predecessor: { size: String(frontier.size), note: both },
        guardianKey: this.#sealing.publicKey,
      });
    }
  }

  async writer(channel: DomainChannel) {
    const store = new SqliteStore(this.#made('data'));
    const pair = noteKeysOf(this.seal.publicKey, this.genesis.origin);
    if (!pair.ok) throw new Error(pair.error.message);
    const keys = [pair.value.ed25519];
    const { writer, opened } = await LogWriter.open({
      store,
      attestor: channel,
      modules: nodeModules(),
      checkSeal: (seal, frontier) => {
        const checked = verifySeal(seal.note, this.genesis.origin, keys, frontier);
        if (!checked.ok) throw new Error(checked.error.message);
      },
    });
    return { writer, opened, store };
  }

  request(target: string, params: Record<string, unknown>): ActionRequest {
    this.#nonce += 1n;
    const context = { agent_id: 'agent://local/test' };
    return { target, params, context, nonce: String(this.#nonce) };
  }

  /** What the owner signed, once the guardian has handed it over. */
  handedOver(): Promise<HandedOver> {
    return until('it is handed over', () => {
      const at = this.notices.findIndex((notice) => 'operation' in notice);
      const [notice] = at === -1 ? [] : this.notices.splice(at, 1);
      return notice !== undefined && 'operation' in notice && notice;
    });
  }

  tick(ms: bigint): void {
    this.clock.monotonic += ms;
    this.clock.wall += ms;
  }

  closeGuardian(): void {
    this.#guardian?.close();
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export const writeContract: RuntimeToolContract = {
  server: 'filesystem',
  tool: 'write_file',
  version: '1',
  schema_hash: `sha256:${'0c'.repeat(32)}`,
  target: 'fs::write',
  primitive_capabilities: ['prim:fs.write'],
  authority_scopes: [],
  risk_class: 'low',
  effect: 'idempotent',
  parameters: [{ argument: 'path', parameter: 'path', kind: 'path' }],
  facts: ['target_exists', 'workspace_root'],
  secret_slots: [],
  rrsa_domain: 'filesystem',
  applicability_class: 'deterministic_local',
  postconditions: [],
  limits: { timeout_ms: 1000, output_bytes: 1000 },
};

export const notesPolicy: ActionRules = canonicalize({
  policy_id: 'notes',
  defaults: 'deny_all',
  rules: [
    {
      rule_id: 'ask_overwrite',
      target: 'fs::write',
      conditions: { allow_paths: ['/ws'], target_exists: true },
      action: 'REQUIRE_APPROVAL',
    },
    {
      rule_id: 'write',
      target: 'fs::write',
      conditions: { allow_paths: ['/ws'] },
      action: 'ALLOW',
    },
  ],
});

export function policyText(rules: ActionRules): string {
  const text = canonicalJson(rules);
  if (!text.ok) throw new Error(text.error.message);
  return text.value;
}

export function hashOf(value: unknown): `sha256:${string}` {
  const hash = digestOf(value);
  if (!hash.ok) throw new Error(hash.error.message);
  return hash.value;
}

export function proposed(operation: string, payload: object): ProposedOperation {
  return {
    operation_id: newOperationId(),
    operation: operation.includes('/') ? operation : `boundary/${operation}`,
    authenticated_by: { kind: 'channel' },
    payload: payload as Record<string, unknown>,
  };
}

export function deciding(
  request: ActionRequest,
  verdict: DecideAction['verdict'],
  facts: DecideAction['facts'] = { target_exists: false, workspace_root: '/ws' },
): DecideAction {
  return {
    request,
    contract_hash: hashOf(writeContract),
    facts,
    attempt: 1,
    verdict,
    isolation_tier: 'mediated',
    budget_ids: [],
  };
}

export type Started = Awaited<ReturnType<typeof started>>;

/** A node with genesis and one contract. */
export async function started(kit: NodeKit) {
  const { guardian, approver, desk, channel } = await kit.guardian();
  const { writer, store } = await kit.writer(channel);
  await writer.touch();
  await writer.submit(proposed('contract.register', { contract: writeContract }));
  return { guardian, approver, desk, channel, writer, store };
}

/** Activates a policy as its owner; the daemon's part is played here. */
export async function activate(kit: NodeKit, node: Started, rules = notesPolicy): Promise<void> {
  const done = node.approver.activate(policyText(rules), PASSPHRASE);
  const notice = await kit.handedOver();
  const submitted = await node.writer.submit(notice.operation, notice.payloads);
  const told = await done;
  if (!submitted.ok || !told.ok) throw new Error('the policy was not activated');
}

/** Signed by the owner at the desk and brought to the log, as an honest daemon does. */
export async function signed(
  kit: NodeKit,
  node: Started,
  operation: string,
  asked: Readonly<Record<string, unknown>>,
) {
  const review = node.desk.review({ operation, asked });
  if (!review.ok) throw new Error(JSON.stringify(review));
  const signing = node.desk.sign({ operation, asked }, review.value.review_hash, PASSPHRASE);
  const notice = await kit.handedOver();
  const submitted = await node.writer.submit(notice.operation);
  const told = await signing;
  if (!submitted.ok || !told.ok) throw new Error(`${operation} was not sealed`);
  return review.value;
}

/** A head as a store has it. */
export function headIn<T>(store: SqliteStore, key: HeadKey): T | undefined {
  const text = store.head(key)?.value;
  return text === undefined ? undefined : (JSON.parse(text) as T);
}

/** The last seal of a node's own log. */
export function sealIn(guardian: Guardian) {
  const status = guardian.status();
  return status.ok ? status.value.seal : undefined;
}
