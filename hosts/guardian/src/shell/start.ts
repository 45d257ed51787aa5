import { mkdirSync, readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { faultCode } from '@ioi/basis';
import { AskPipe } from '@ioi/frames/shell';
import type {
  ClockReading,
  EdgeAnswer,
  EdgeAsk,
  GuardianConfig,
  GuardianNotice,
} from '@ioi/guardian';
import {
  Approver,
  ClientSecrets,
  EditDesk,
  ExtensionDesk,
  Guardian,
  GuardianStore,
  OperationDesk,
  OwnerLock,
  ordersAt,
  readSealKey,
  SealKeys,
  SealStore,
  SessionWords,
  StatementDesk,
  serveChannel,
  UnlockDesk,
  Vault,
  VaultDesk,
} from '@ioi/guardian/shell';
import { domainModules, nodeModules, policyCache } from '@ioi/law';
import type { HybridPublicKey } from '@ioi/protocol';
import { genesisOf } from '../core/index.ts';
import { approvalServer } from './approval-server.ts';
import { acceptMuxed } from './mux-listener.ts';
import { openPages } from './pages.ts';

/** Inherited from the supervisor: the daemon's channel and the approvers' connections. */
const CHANNEL_FD = 3;
const APPROVALS_FD = 4;
/** And, where there is one, the edge's pipe: the only way by which a secret leaves. */
const EDGE_FD = 5;
/** The ML-DSA-44 cosignature follows a seal within this many milliseconds. */
const COSIGN_DELAY_MS = 40;
/** What is over in the vault ends within this. */
const VAULT_TICK_MS = 10_000;
/** How long the daemon has to bring what the owner signed to the log. */
const DELIVERY_MS = 15_000;

export type Given = {
  readonly hasEdge: boolean;
  /** Of the page, where the supervisor opened one. */
  readonly origin: string | undefined;
  /** The only time that it has; Chain Time follows from it. */
  readonly readClock: () => ClockReading;
};

/**
 * Composition root of the guardian process. It has no network, no child processes and only its
 * own folder (design section 5); it ends when the daemon's channel ends.
 */
export function startGuardian(folder: string, { hasEdge, origin, readClock }: Given): void {
  process.on('uncaughtException', stopped);
  const config = JSON.parse(readFileSync(join(folder, 'guardian.json'), 'utf8')) as GuardianConfig;
  const ownerKeyFile = readFileSync(join(folder, 'owner.key'), 'utf8');
  const owner = (JSON.parse(ownerKeyFile) as { public_key: HybridPublicKey }).public_key;
  const sealKey = readSealKey(join(folder, 'seal.key'));
  const policies = policyCache();
  const modules = nodeModules(undefined, policies);
  const genesis = genesisOf(config, { owner, guardian: sealKey.publicKey }, modules);
  const sealKeys = new SealKeys(sealKey);
  const store = new GuardianStore(join(folder, 'guardian.db'));
  const channel = new Socket({ fd: CHANNEL_FD, readable: true, writable: true });
  const approvals = new Socket({ fd: APPROVALS_FD, readable: true, writable: true });
  let send: (notice: GuardianNotice) => void = () => {};
  const notify = (notice: GuardianNotice): void => send(notice);
  const domainFolder = join(folder, 'domains');
  mkdirSync(domainFolder, { recursive: true, mode: 0o700 });
  const openStore = (name: string) => SealStore.open(join(domainFolder, `${name}.db`));
  const domains = { modules: domainModules(), openStore };
  const { epoch_changes: changes = {} } = config;
  const taken = { genesis, changes };
  const guardian = new Guardian({ ...taken, store, sealKeys, modules, domains, readClock });
  const now = (): number => Number(readClock().monotonic);
  const lock = new OwnerLock(ownerKeyFile, now);
  const delivering = { guardian, notify, deliveryMs: DELIVERY_MS };
  const approver = new Approver({ ...delivering, store, lock, policies });
  const desk = new StatementDesk(delivering, lock);
  send = serveChannel(channel, guardian);
  for (const { notice } of store.notices()) send(JSON.parse(notice) as GuardianNotice);
  startCosigning(guardian, sealKeys, notify);
  const chainTime = (): bigint => guardian.chainTime();
  const vault = new Vault({ folder, sealKey, anchor: store.vault, chainTime, readClock });
  const path = join(folder, 'operations.db');
  const operations = new OperationDesk({ path, guardian, vault, sealKey });
  guardian.heedTold((requestHash) => operations.wasTold(requestHash));
  const edge = hasEdge ? edgePipe(operations, guardian) : undefined;
  if (edge) endingRevoked(guardian, operations, edge);
  const vaultDesk = new VaultDesk({ vault, lock, edge, folder });
  const clients = new ClientSecrets({ vault, edge });
  const unlockDesk = new UnlockDesk({ vault, lock, edge });
  setInterval(() => void unlockDesk.tick(), VAULT_TICK_MS).unref();
  const policyText = (hash: string) => store.seals.payload(hash);
  const edits = new EditDesk({ tokens: approver.tokens, notify, deliveryMs: DELIVERY_MS });
  const extensions = new ExtensionDesk({
    ...delivering,
    tokens: approver.tokens,
  });
  guardian.orders = ordersAt(edits, extensions);
  const deciding = { guardian, approver, desk, edits, extensions, lock };
  const pages = openPages({
    ...deciding,
    clients,
    unlockDesk,
    folder,
    notify,
    now,
    policyText,
    origin,
  });
  const page = { ...pages, tokens: approver.tokens };
  const sessionWords = new SessionWords(guardian, sealKey);
  const { devices, listener } = pages;
  const desks = { vaultDesk, unlockDesk, sessionWords, devices, listener };
  const server = approvalServer({ page, ...deciding, ...desks });
  acceptMuxed(approvals, (connection) => server.emit('connection', connection));
  endWith(channel, guardian);
  endWith(approvals, guardian);
  for (const stream of pages.streams) endWith(stream, guardian);
}

/** With every revocation, and now and then for grants whose time is over. */
function endingRevoked(
  guardian: Guardian,
  operations: OperationDesk,
  edge: (ask: EdgeAsk) => Promise<EdgeAnswer>,
): void {
  const end = (): void => void operations.endRevoked(edge);
  guardian.onRevocation(end);
  setInterval(end, VAULT_TICK_MS).unref();
}

function edgePipe(
  operations: OperationDesk,
  guardian: Guardian,
): (ask: EdgeAsk) => Promise<EdgeAnswer> {
  const stream = new Socket({ fd: EDGE_FD, readable: true, writable: true });
  const pipe = new AskPipe(stream, (body) => operations.answer(body));
  endWith(stream, guardian);
  return async (ask) => (await pipe.ask(ask)) as EdgeAnswer;
}

/** A fault leaves the seal in doubt: nothing is answered any more, and the diary says why. */
function stopped(fault: Error): never {
  const code = faultCode(fault, 'guardian.fault');
  const { message: reason, stack } = fault;
  console.error(
    JSON.stringify({ at: new Date().toISOString(), message: 'stopped', code, reason, stack }),
  );
  process.exit(1);
}

/** Without its daemon or its supervisor a guardian has nothing to attest. */
function endWith(stream: Duplex, guardian: Guardian): void {
  stream.on('error', () => {});
  stream.on('close', () => {
    guardian.close();
    process.exit(0);
  });
}

function startCosigning(
  guardian: Guardian,
  sealKeys: SealKeys,
  notify: (notice: GuardianNotice) => void,
): void {
  const cosigned = new Map<string, string>();
  const cosign = async (): Promise<void> => {
    for (const { domainId, origin, note, frontier } of guardian.uncosigned()) {
      if (cosigned.get(domainId) === note) continue;
      cosigned.set(domainId, note);
      const both = await sealKeys.cosign(note, frontier, origin);
      notify({ kind: 'cosigned', domain: domainId, note: both });
    }
    setTimeout(() => void cosign(), COSIGN_DELAY_MS);
  };
  void cosign();
}
