import { setTimeout as sleep } from 'node:timers/promises';
import type { Ask, CancelSignal, InputRequests } from '@ioi/protocol';
import { goesOn } from '../../core/index.ts';

export type WaitForPerson = {
  readonly era: 'stateful' | 'stateless';
  /** How long one request of the client may wait, in milliseconds. */
  readonly patienceMs: number;
  /** What the person at the client is told; absent where the client shows nobody anything. */
  readonly notice: InputRequests | undefined;
  readonly ask: Ask;
  /** Settles once somebody has decided. Never rejects. */
  readonly decided: Promise<unknown>;
  /** The client has given up. */
  readonly signal: CancelSignal;
};

/** How often a person at the client is asked whether to go on waiting. */
const MOST_NOTICES = 8;

const lateNow = () => 'late' as const;

/** Whether it is decided while the client still waits; leaves neither timer nor listener. */
export async function decidedInTime(wait: WaitForPerson): Promise<boolean> {
  const { era, patienceMs, notice, ask, signal } = wait;
  const over = new AbortController();
  const end = (): void => over.abort();
  const ends = { signal: over.signal, ref: false };
  const late = () => sleep(patienceMs, undefined, ends).then(lateNow, lateNow);
  const decided = wait.decided.then(() => 'decided' as const);
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  try {
    if (notice === undefined) return (await Promise.race([decided, late()])) === 'decided';
    // A call of the earlier era goes on while its client is asked, answered there or not.
    const isLate = era === 'stateful' ? late() : undefined;
    for (let told = 0; told < MOST_NOTICES; told += 1) {
      const goes = ask(notice).then(goesOn, () => false);
      const answered = goes.then((isYes) => (isYes ? (isLate ?? late()) : 'no'));
      const first = await Promise.race([decided, answered, ...(isLate ? [isLate] : [])]);
      if (first !== 'late' || isLate) return first === 'decided';
    }
    return false;
  } finally {
    signal.removeEventListener('abort', end);
    end();
  }
}
