import { setImmediate } from 'node:timers/promises';

/** A proof pauses after about half a millisecond. */
const PAUSES_A_TURN = 4;

/** Runs what pauses to its end; others have their turn in between. */
export async function inTurns<T>(pausing: Generator<undefined, T>): Promise<T> {
  for (;;) {
    for (let pause = 0; pause < PAUSES_A_TURN; pause += 1) {
      const next = pausing.next();
      if (next.done === true) return next.value;
    }
    await setImmediate();
  }
}
