import { asksModel, readTotal } from '@ioi/law';
import type { LiveSession } from '@ioi/protocol';
import type { Call, Stage } from './action.ts';

/** An act of a session: where it is, and whether a person has to say something first. */
export type ActNow = {
  readonly at: Stage['at'];
  readonly call: Call;
  readonly isWaiting: boolean;
};

/** Whoever was answered so lately is taken to think about it; later nobody knows. */
export const THINKS_MS = 60_000;

/**
 * What an agent does, as far as the node knows (whitepaper 10.1.3): what a person should look at
 * comes first. `answeredMs`: how long ago its last act ended, where one did.
 */
export function agentState(
  acts: readonly ActNow[],
  answeredMs: number | undefined,
): Exclude<LiveSession['state'], 'paused'> {
  if (acts.some(({ isWaiting }) => isWaiting)) return 'waiting';
  const performing = acts.filter(({ at }) => at === 'performing');
  if (performing.some(({ call }) => pays(call))) return 'spending';
  const thinking = performing.filter(({ call }) => asksModel(call.contract));
  const settling = acts.filter(({ at }) => at === 'recording');
  if (acts.length > thinking.length + settling.length) return 'working';
  if (settling.length > 0) return 'settling';
  if (thinking.length > 0) return 'reasoning';
  return answeredMs !== undefined && answeredMs < THINKS_MS ? 'reasoning' : 'quiet';
}

/** It names an amount, or it is for buying something. */
function pays({ request, contract }: Call): boolean {
  return readTotal(request.params) !== undefined || contract.act === 'buy';
}
