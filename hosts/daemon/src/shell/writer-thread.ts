import { Socket } from 'node:net';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Seal } from '@ioi/agentgres';
import { LogFault, LogWriter, type SealedCommit, SqliteStore } from '@ioi/agentgres/shell';
import { encodeBase64 } from '@ioi/basis';
import { type NoteKey, noteKeysOf } from '@ioi/crypto';
import type { GuardianNotice, GuardianStatus } from '@ioi/guardian';
import { GuardianChannel } from '@ioi/guardian/shell';
import { keys, type NodeHead, nodeModules, type VerifiedSeal, verifySeal } from '@ioi/law';
import type { Frontier } from '@ioi/merkle';
import type { LogEntry } from '@ioi/protocol';
import type { ToThread, WriterData } from './writer-messages.ts';
import { post } from './writer-messages.ts';

function commitsAction(entry: LogEntry): boolean {
  return entry.events.some((event) => event['type'] === 'action.committed');
}

/**
 * The writer's own thread: the log's disk writes and the guardian's answers never hold the
 * daemon's event loop. It alone speaks on the guardian channel.
 */
async function start(port: MessagePort, { folder, channelFd }: WriterData): Promise<void> {
  const held: GuardianNotice[] = [];
  let onNotice = (notice: GuardianNotice): void => void held.push(notice);
  const socket = new Socket({ fd: channelFd, readable: true, writable: true });
  const channel = new GuardianChannel(socket, {
    onNotice: (notice) => onNotice(notice),
    onGone: (fault) => stop(port, fault),
  });
  const store = new SqliteStore(folder);
  const modules = nodeModules();
  const status = await channel.status();
  const checked = { seal: undefined as VerifiedSeal | undefined };
  let noteKeys: readonly NoteKey[] | undefined;
  const checkSeal = (seal: Seal, frontier: Frontier, entries: readonly LogEntry[]): void => {
    // Effects start only from a seal whose signature was verified; where nothing starts, the
    // root alone says that both sides hold the same log.
    if (checked.seal && !entries.some(commitsAction)) {
      if (seal.root !== encodeBase64(frontier.root())) {
        throw new LogFault('log.seal_differs', 'the guardian sealed another log');
      }
      return;
    }
    noteKeys ??= sealKeys(store, status);
    const sealed = verifySeal(seal.note, status.origin, noteKeys, frontier);
    if (!sealed.ok) throw new LogFault('log.seal_differs', sealed.error.message);
    checked.seal = sealed.value;
  };
  const onSealed = ({ changes, seal }: SealedCommit): void => {
    if (!checked.seal) return;
    const size = Number(seal.size);
    post(port, { kind: 'sealed', changes, note: seal.note, size, seal: checked.seal });
  };
  const options = { store, attestor: channel, modules, checkSeal, onSealed };
  const { writer, opened } = await LogWriter.open(options);
  // Genesis in an empty log, a resynchronised clock in any other: sealed before anyone connects.
  await writer.touch();
  const { seal } = checked;
  if (!seal) throw new LogFault('log.in_doubt', 'the guardian sealed nothing');
  const { note = '', size = '0' } = (await channel.status()).seal ?? {};
  post(port, {
    kind: 'opened',
    status,
    recovered: opened.recovered,
    size: Number(size),
    note,
    seal,
  });
  onNotice = (notice) => post(port, { kind: 'notice', notice });
  for (const notice of held) onNotice(notice);
  port.on('message', (message: ToThread) => {
    if (message.kind === 'checkpoint') {
      store.saveCheckpoint(BigInt(message.size), message.note);
      return;
    }
    const { id } = message;
    writer.submit(message.operation, message.payloads).then(
      (result) => post(port, { kind: 'submitted', id, result, seal: checked.seal! }),
      (fault) => stop(port, fault),
    );
  });
}

/** The guardian's Ed25519 key; from genesis once there is one, before that nothing is checked. */
function sealKeys(store: SqliteStore, { origin }: GuardianStatus): NoteKey[] {
  const node = store.get<NodeHead>(keys.node) ?? genesisKey(store);
  const pair = node && noteKeysOf(node.guardian_key, origin);
  if (!pair?.ok) throw new LogFault('log.damaged', 'the log has no genesis');
  return [pair.value.ed25519];
}

/** The heads follow the seal, so the very first seal is checked against the entry itself. */
function genesisKey(store: SqliteStore): Pick<NodeHead, 'guardian_key'> | undefined {
  const first = store.entries(0n, 1n)[0];
  return first && (JSON.parse(first.text).payload as NodeHead);
}

/** No seal, no effect: the process ends and reopens against the guardian. */
function stop(port: MessagePort, fault: unknown): void {
  const message = fault instanceof Error ? fault.message : String(fault);
  const code = fault instanceof LogFault ? fault.code : 'log.in_doubt';
  post(port, { kind: 'fault', code, message });
}

if (!parentPort) throw new Error('the writer runs as a thread');
const port = parentPort;
start(port, workerData as WriterData).catch((fault) => stop(port, fault));
