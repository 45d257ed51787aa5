import { parentPort } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import {
  answersIn,
  engineSql,
  joinBytes,
  messageOf,
  READER,
  splitAtReady,
  textPart,
} from '../core/index.ts';
import type { EngineAnswer, EngineAsk, FromEngine, ToEngine } from './engine-messages.ts';

/** PostgreSQL, compiled to WebAssembly, in memory: one at a time, and what runs cannot be ended. */
if (!parentPort) throw new Error('the engine runs as a thread');
const port = parentPort;
const READ_ONLY = ['-c', 'default_transaction_read_only=on'];
const ANSWER_MOST = 64 * 1024 * 1024;
/** ReadyForQuery, which every answer to a Sync ends with. */
const READY_BYTES = 6;

const database = await PGlite.create({
  startParams: [...PGlite.defaultStartParams, ...READ_ONLY],
});

function run(bytes: Uint8Array): Uint8Array {
  return database.execProtocolRawSync(bytes);
}

/** Throws what the engine says, so that nothing half made is read. */
function write(sql: string): EngineAnswer {
  const error = answersIn(run(messageOf('Q', textPart(sql)))).find(({ type }) => type === 'E');
  if (error === undefined) return { kind: 'written' };
  throw new Error(Buffer.from(error.body).toString().replaceAll('\0', ' '));
}

type Run = Extract<EngineAsk, { kind: 'run' }>;

/** What needs no settings of its own is run together: each call costs as much as a small query. */
function answersTo(asks: readonly EngineAsk[]): EngineAnswer[] {
  const answers: EngineAnswer[] = [];
  for (let at = 0; at < asks.length; ) {
    const together = runsFrom(asks, at);
    if (together.length > 1) {
      const parts = splitAtReady(run(joinBytes(together.map(({ bytes }) => bytes))));
      if (parts.length !== together.length) throw new Error('the engine lost its place');
      answers.push(...parts.map(ran));
      at += together.length;
    } else {
      const ask = asks[at] as EngineAsk;
      answers.push(ask.kind === 'write' ? write(ask.sql) : alone(ask));
      at += 1;
    }
  }
  return answers;
}

function runsFrom(asks: readonly EngineAsk[], from: number): Run[] {
  const runs: Run[] = [];
  for (const ask of asks.slice(from)) {
    if (ask.kind !== 'run' || ask.setup !== undefined || !ask.isSynced) break;
    runs.push(ask);
  }
  return runs;
}

function alone({ setup, bytes }: Run): EngineAnswer {
  if (setup !== undefined) {
    const set = run(messageOf('Q', textPart(setup)));
    const isRefused = answersIn(set).some(({ type }) => type === 'E');
    if (isRefused) return { kind: 'unset', bytes: set.slice() };
  }
  return ran(run(bytes));
}

function ran(bytes: Uint8Array): EngineAnswer {
  if (bytes.length <= ANSWER_MOST) return { kind: 'ran', bytes: bytes.slice(), isTooLarge: false };
  return { kind: 'ran', bytes: bytes.slice(-READY_BYTES), isTooLarge: true };
}

port.on('message', ({ asks }: ToEngine) => {
  let answers: readonly EngineAnswer[];
  try {
    answers = answersTo(asks);
  } catch (fault) {
    const message = fault instanceof Error ? fault.message : String(fault);
    answers = asks.map(() => ({ kind: 'failed', message }));
  }
  port.postMessage({ answers } satisfies FromEngine);
});

write(engineSql());
write(`SET SESSION AUTHORIZATION ${READER}`);
port.postMessage({ answers: [] } satisfies FromEngine);
