import type { Json } from '@ioi/canon';
import { isObject, type JsonObject } from '@ioi/jsonrpc';
import type { RunEnvelope, WorkerRunStatus } from '@ioi/protocol';
import type { A2aVersion } from './a2a-request.ts';

type State = RunEnvelope['state'];

const STATES: Readonly<Record<State, string>> = {
  queued: 'TASK_STATE_SUBMITTED',
  assigned: 'TASK_STATE_SUBMITTED',
  starting: 'TASK_STATE_SUBMITTED',
  running: 'TASK_STATE_WORKING',
  paused: 'TASK_STATE_WORKING',
  awaiting_approval: 'TASK_STATE_AUTH_REQUIRED',
  completed: 'TASK_STATE_COMPLETED',
  failed: 'TASK_STATE_FAILED',
  cancelled: 'TASK_STATE_CANCELED',
};
const ENDED: ReadonlySet<State> = new Set(['completed', 'failed', 'cancelled']);
const OUTPUT = 'output';

/** Whether a caller who waits is answered: it is over, or a person has to decide first. */
export function isAnswer({ envelope: { state } }: WorkerRunStatus): boolean {
  return ENDED.has(state) || state === 'awaiting_approval';
}

export function isOver({ envelope: { state } }: WorkerRunStatus): boolean {
  return ENDED.has(state);
}

/** What a client is told of how a run stands: less than the node tells its owner. */
export function stateOf({ envelope: { state } }: WorkerRunStatus): string {
  return STATES[state];
}

/** A run as a task of A2A 1.0 (4.1.1); its id is that of the run, its output an artifact. */
export function taskOf(status: WorkerRunStatus, contextId: string): JsonObject {
  const artifact = artifactOf(status);
  return {
    id: status.envelope.run_id,
    contextId,
    status: statusOf(status, contextId),
    ...(artifact === undefined ? {} : { artifacts: [artifact] }),
    metadata: boundBy(status),
  };
}

/** What followed since the last look: the output, and then how it stands. */
export function updatesOf(status: WorkerRunStatus, contextId: string): readonly JsonObject[] {
  const about = { taskId: status.envelope.run_id, contextId };
  const artifact = artifactOf(status);
  const output = { ...about, artifact: artifact ?? {}, append: false, lastChunk: true };
  const update = { ...about, status: statusOf(status, contextId), metadata: boundBy(status) };
  return [
    ...(artifact === undefined ? [] : [{ artifactUpdate: output }]),
    { statusUpdate: update },
  ];
}

/** The same in the words of the client's revision; `wrap` names what 1.0 puts a task into. */
export function spoken(version: A2aVersion, said: JsonObject): JsonObject {
  if (version === '1.0') return said;
  const { task, artifactUpdate, statusUpdate } = said;
  if (isObject(task)) return { ...legacyTask(task), kind: 'task' };
  if (isObject(artifactUpdate)) {
    const artifact = legacyParts(artifactUpdate['artifact']);
    return { ...artifactUpdate, artifact, kind: 'artifact-update' };
  }
  const { status = {}, ...others } = isObject(statusUpdate) ? statusUpdate : {};
  const { state } = isObject(status) ? status : {};
  const isFinal = /COMPLETED|FAILED|CANCELED|REJECTED/.test(String(state));
  return { ...others, status: legacyStatus(status), kind: 'status-update', final: isFinal };
}

/** A task alone, as it is answered without a wrapper. */
export function spokenTask(version: A2aVersion, task: JsonObject): JsonObject {
  return version === '1.0' ? task : { ...legacyTask(task), kind: 'task' };
}

function statusOf(status: WorkerRunStatus, contextId: string): JsonObject {
  const { envelope, steps } = status;
  const text = wordsOf(status);
  const state = STATES[envelope.state];
  if (text === undefined) return { state };
  const message = {
    messageId: `${envelope.run_id}-${envelope.state}-${steps}`,
    contextId,
    taskId: envelope.run_id,
    role: 'ROLE_AGENT',
    parts: [{ text }],
  };
  return { state, message };
}

function wordsOf({ envelope: { state }, code, detail }: WorkerRunStatus): string | undefined {
  if (state === 'awaiting_approval') return 'a person decides at the node whether it goes on';
  if (state === 'paused') return 'a person paused it';
  if (code === undefined) return undefined;
  const [first = ''] = (detail ?? '').split('\n');
  return first === '' ? code : `${code}: ${first}`;
}

function artifactOf({ envelope, output }: WorkerRunStatus): JsonObject | undefined {
  if (envelope.state !== 'completed' || output === undefined) return undefined;
  const part = typeof output === 'string' ? { text: output } : { data: output as Json };
  const mediaType = typeof output === 'string' ? 'text/plain' : 'application/json';
  return { artifactId: OUTPUT, name: OUTPUT, parts: [{ ...part, mediaType }] };
}

/**
 * By which anybody with an export of the log finds the run, and every receipt of it: named as
 * members of A2A are (1.0, 5.5).
 */
function boundBy({ envelope, session_id, commitment }: WorkerRunStatus): JsonObject {
  return {
    runId: envelope.run_id,
    sessionId: session_id,
    ...(commitment === undefined ? {} : { receiptRoot: commitment.receipt_root }),
  };
}

function legacyTask({ status = {}, artifacts, ...others }: JsonObject): JsonObject {
  const made = Array.isArray(artifacts) ? { artifacts: artifacts.map(legacyParts) } : {};
  return { ...others, status: legacyStatus(status), ...made };
}

function legacyStatus(given: Json): JsonObject {
  const { state, message } = isObject(given) ? given : {};
  const word = String(state).slice('TASK_STATE_'.length).toLowerCase().replaceAll('_', '-');
  if (!isObject(message)) return { state: word };
  return { state: word, message: { ...legacyParts(message), role: 'agent', kind: 'message' } };
}

function legacyParts(given: Json | undefined): JsonObject {
  const { parts, ...others } = isObject(given) ? given : {};
  const all = Array.isArray(parts) ? parts.filter(isObject) : [];
  return {
    ...others,
    parts: all.map(({ text, data }) => {
      // A data part of 0.3 is an object: another value is told as the text that it is.
      if (isObject(data)) return { kind: 'data', data };
      return { kind: 'text', text: text ?? JSON.stringify(data) };
    }),
  };
}
