import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from './context.ts';
import { CommandFault } from './fault.ts';

const LOOK_MS = 300;
const ENDS = {
  left: { code: 'policy.step_up_left', message: 'it was left on the page: nothing changed' },
  over: { code: 'policy.step_up_over', message: 'no passkey confirmed it in time' },
} as const;

/** Waits until a passkey confirmed, on the guardian's page, what the owner signed. */
export async function confirmed({ guardian, output }: Context, requestHash: string): Promise<void> {
  output.note('signed; a passkey has to confirm it on the guardian’s page: ioi inbox --open');
  let standing = await guardian.stepUp(requestHash);
  while (standing.state === 'waiting') {
    await sleep(LOOK_MS);
    standing = await guardian.stepUp(requestHash);
  }
  if (standing.state === 'active') return;
  const { code, message } = standing.refusal ?? ENDS[standing.state];
  throw new CommandFault({ exit: 'authority', code, message, next: 'the same command again' });
}
