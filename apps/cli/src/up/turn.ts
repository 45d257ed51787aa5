import type { RecoveryAnswer } from '@ioi/protocol';
import { visible } from '../core/visible.ts';
import type { Home } from '../shell/home.ts';
import { readMembership } from '../shell/membership.ts';
import { recover } from '../shell/recovery.ts';
import { decideReplacement, finishReplacement, withPart } from '../shell/replacement.ts';

type Waiting = {
  readonly home: Home;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
};

/**
 * Of a node that is one of several: returns when it is the one that writes. `taken` when it took
 * over; what it was before is set aside. Undefined when it was told to stop.
 */
export async function awaitTurn(waiting: Waiting): Promise<'kept' | 'taken' | undefined> {
  const { home, signal, say } = waiting;
  const membership = readMembership(home);
  if (membership === undefined) return 'kept';
  const { guardian, data, cluster } = home;
  const said = (answer: RecoveryAnswer): void => {
    if (answer.kind !== 'cluster_waits') return;
    const writer = answer.writer === '' ? 'nobody' : visible(answer.writer);
    say(`${visible(membership.member)} stands by: ${writer} writes, term ${answer.term}`);
  };
  try {
    return await withPart(home.next, async (into) => {
      const job = {
        kind: 'cluster_stand_by',
        guardian,
        data,
        cluster,
        into,
        ...membership,
      } as const;
      const turn = await recover(job, 'cluster_turn', () => {}, { signal, said });
      if (turn.takeover === undefined) return 'kept';
      decideReplacement(home, into, new Date());
      finishReplacement(home);
      const { epoch, size } = turn.takeover;
      say(
        `${visible(membership.member)} writes from now on: epoch ${epoch}, after ${size} entries`,
      );
      return 'taken';
    });
  } catch (fault) {
    if (signal.aborted) return undefined;
    throw fault;
  }
}
