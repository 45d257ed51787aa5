import type { WorkerRunAsked } from '@ioi/protocol';

const LONGEST_TIMER_MS = 2_147_483_647;

/** Calls once this time (milliseconds since 1970) is past; what it returns has it not be called. */
export function whenPast(deadline: string | undefined, then: () => void): () => void {
  if (deadline === undefined) return () => {};
  let timer: NodeJS.Timeout | undefined;
  const watch = (): void => {
    const left = Number(deadline) - Date.now();
    const look = left > LONGEST_TIMER_MS ? watch : then;
    timer = setTimeout(look, Math.min(Math.max(0, left), LONGEST_TIMER_MS));
    timer.unref();
  };
  watch();
  return () => clearTimeout(timer);
}

/** No later than its contract has it. */
export function deadlineOf({ deadline, contract }: WorkerRunAsked): string | undefined {
  const latest = contract?.deadline_epoch;
  if (latest === undefined || deadline === undefined) return deadline ?? latest;
  return BigInt(deadline) < BigInt(latest) ? deadline : latest;
}
