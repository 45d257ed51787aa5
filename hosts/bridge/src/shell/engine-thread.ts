import { on } from 'node:events';
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
/** What is sorted on the way to an answer lies in memory, too. */
const HELD = ['-c', 'default_transaction_read_only=on', '-c', 'temp_file_limit=256MB'];
const ANSWER_MOST = 64 * 1024 * 1024;
/** Of what is run together. */
const ANSWERS_MOST = 8 * ANSWER_MOST;
/** ReadyForQuery, which every answer to a Sync ends with. */
const READY_BYTES = 6;

const database = await PGlite.create({
  startParams: [...PGlite.defaultStartParams, ...HELD],
});

type Gathered = { readonly bytes: Uint8Array; readonly isTooLarge: boolean };

/** What is over the limit is not held, however long it goes on; its end is. */
async function gather(asked: Uint8Array, most: number): Promise<Gathered> {
  const parts: Uint8Array[] = [];
  let size = 0;
  let end: Uint8Array = new Uint8Array();
  const onRawData = (part: Uint8Array): void => {
    size += part.length;
    if (size <= most) parts.push(part.slice());
    else {
      parts.length = 0;
      end = joinBytes([end, part.slice(-READY_BYTES)]).slice(-READY_BYTES);
    }
  };
  await database.execProtocolRawStream(asked, { syncToFs: false, onRawData });
  return size <= most
    ? { bytes: joinBytes(parts), isTooLarge: false }
    : { bytes: end, isTooLarge: true };
}

async function run(asked: Uint8Array): Promise<Uint8Array> {
  const { bytes, isTooLarge } = await gather(asked, ANSWERS_MOST);
  if (isTooLarge) throw new Error('the answers are too large together');
  return bytes;
}

/** Throws what the engine says, so that nothing half made is read. */
async function write(sql: string): Promise<EngineAnswer> {
  const said = answersIn(await run(messageOf('Q', textPart(sql))));
  const error = said.find(({ type }) => type === 'E');
  if (error === undefined) return { kind: 'written' };
  throw new Error(Buffer.from(error.body).toString().replaceAll('\0', ' '));
}

type Run = Extract<EngineAsk, { kind: 'run' }>;

/** What needs no settings of its own is run together: each call costs as much as a small query. */
async function answersTo(asks: readonly EngineAsk[]): Promise<EngineAnswer[]> {
  const answers: EngineAnswer[] = [];
  for (let at = 0; at < asks.length; ) {
    const together = runsFrom(asks, at);
    if (together.length > 1) {
      const parts = splitAtReady(await run(joinBytes(together.map(({ bytes }) => bytes))));
      if (parts.length !== together.length) throw new Error('the engine lost its place');
      answers.push(...parts.map(ran));
      at += together.length;
    } else {
      const ask = asks[at] as EngineAsk;
      answers.push(await (ask.kind === 'write' ? write(ask.sql) : alone(ask)));
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

async function alone({ setup, bytes, isSynced }: Run): Promise<EngineAnswer> {
  if (setup !== undefined) {
    const set = answersIn(await run(setup));
    if (set.some(({ type }) => type === 'E')) {
      const told = set.filter(({ type }) => 'EZ'.includes(type));
      return {
        kind: 'unset',
        bytes: joinBytes(told.map((each) => messageOf(each.type, each.body))),
      };
    }
  }
  const gathered = await gather(bytes, ANSWER_MOST);
  const isCut = gathered.isTooLarge && !isSynced;
  return { kind: 'ran', ...gathered, bytes: isCut ? new Uint8Array() : gathered.bytes };
}

function ran(bytes: Uint8Array): EngineAnswer {
  if (bytes.length <= ANSWER_MOST) return { kind: 'ran', bytes: bytes.slice(), isTooLarge: false };
  return { kind: 'ran', bytes: bytes.slice(-READY_BYTES), isTooLarge: true };
}

async function answer({ asks }: ToEngine): Promise<void> {
  let answers: readonly EngineAnswer[];
  try {
    answers = await answersTo(asks);
  } catch (fault) {
    const message = fault instanceof Error ? fault.message : String(fault);
    answers = asks.map(() => ({ kind: 'failed', message }));
  }
  port.postMessage({ answers } satisfies FromEngine);
}

await write(engineSql());
await write(`SET SESSION AUTHORIZATION ${READER}`);
const asked = on(port, 'message');
port.postMessage({ answers: [] } satisfies FromEngine);
for await (const [message] of asked) await answer(message as ToEngine);
