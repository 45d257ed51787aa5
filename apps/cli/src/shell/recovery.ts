import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { RecoveryAnswer, RecoveryJob } from '@ioi/protocol';
import { exitOfProblem } from '../core/exit-codes.ts';
import { nextAfter } from '../core/recovery-view.ts';
import { CommandFault } from './fault.ts';
import { type Home, makePrivateFolder } from './home.ts';
import { entries } from './installation.ts';
import { type Lock, takeLock } from './lock.ts';
import type { Tell } from './progress.ts';

type RecoveryProcess = ChildProcessByStdio<Writable, Readable, null>;

/** Of a job that waits: it ends when this fires, and says meanwhile what it waits for. */
type Watching = {
  readonly signal?: AbortSignal;
  readonly said?: (answer: RecoveryAnswer) => void;
};

type Answer<K extends RecoveryAnswer['kind']> = Extract<RecoveryAnswer, { kind: K }>;

/** One job of the recovery process, to its end; what it refuses is a fault with its code. */
export async function recover<K extends Exclude<RecoveryAnswer['kind'], 'progress' | 'refused'>>(
  job: RecoveryJob,
  kind: K,
  tell: Tell,
  { signal, said = () => {} }: Watching = {},
): Promise<Answer<K>> {
  const stdio = ['pipe', 'pipe', 'inherit'] as const;
  const about = { stdio: [...stdio], ...(signal === undefined ? {} : { signal }) };
  const child = spawn(process.execPath, [entries.recovery], about) as RecoveryProcess;
  child.on('error', () => {});
  child.stdin.on('error', () => {});
  child.stdin.write(`${JSON.stringify(job)}\n`);
  // Whoever waits for its turn sees by the open pipe that there is still somebody to take it.
  if (signal === undefined) child.stdin.end();
  const ended = once(child, 'exit');
  // Where it is ended on purpose.
  ended.catch(() => {});
  let last: RecoveryAnswer | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    last = JSON.parse(line) as RecoveryAnswer;
    if (last.kind === 'progress') tell(last.done, last.of);
    else said(last);
  }
  await ended;
  if (last?.kind === kind) return last as Answer<K>;
  throw refused(last?.kind === 'refused' ? last : undefined);
}

function refused(answer: Answer<'refused'> | undefined): CommandFault {
  const { code, message } = answer ?? {
    code: 'recovery.ended',
    message: 'the recovery process ended without an answer; nothing was changed',
  };
  const next = nextAfter(code);
  const hint = next === undefined ? {} : { next };
  return new CommandFault({ exit: exitOfProblem(code), code, message, ...hint });
}

/** Keeps everybody else from running the node meanwhile. */
export async function whileStopped<T>(home: Home, work: () => Promise<T>): Promise<T> {
  makePrivateFolder(home.folder);
  const lock: Lock | undefined = takeLock(home);
  if (lock === undefined) {
    throw new CommandFault({
      exit: 'usage',
      code: 'node.up',
      message: 'the node runs; it is taken over only while it does not',
      next: 'ioi down',
    });
  }
  try {
    return await work();
  } finally {
    lock.release();
  }
}
