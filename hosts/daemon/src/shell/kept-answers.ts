import { BoundedMap } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import type { Answer, Call } from '../core/index.ts';

/** Of whoever asked, as its request says. */
type Session = string | undefined;
type Kept = { readonly answer: Answer; readonly until: number; readonly session: Session };

const MOST = 256;
const KEPT_MS = 10 * 60_000;

/**
 * Answers to approved calls that nobody was there to take, for the agent's retry: for the
 * connection that asked, or once that has gone, for the next of its name.
 */
export class KeptAnswers {
  readonly #kept = new BoundedMap<Digest, readonly Kept[]>(MOST);
  /**
   * Connections that are there, and when each was answered last: what one of them waits for, no
   * other is given.
   */
  readonly #present = new Map<Session, number | undefined>();

  arrived(session: Session): void {
    this.#present.set(session, undefined);
  }

  answered(session: Session): void {
    if (this.#present.has(session)) this.#present.set(session, performance.now());
  }

  /** ms */
  sinceAnswered(session: Session): number | undefined {
    const at = this.#present.get(session);
    return at === undefined ? undefined : performance.now() - at;
  }

  left(session: Session): void {
    this.#present.delete(session);
  }

  /** Whether a call may take up what a connection has begun. */
  mayTake(session: Session, call: Call): boolean {
    return session === sessionOf(call) || !this.#present.has(session);
  }

  take(call: Call): Answer | undefined {
    const all = this.#kept.get(call.intent);
    if (all === undefined) return undefined;
    const kept = all.filter(({ until }) => until > performance.now());
    const own = kept.find(({ session }) => this.mayTake(session, call));
    const left = kept.filter((each) => each !== own);
    if (left.length === 0) this.#kept.delete(call.intent);
    else this.#kept.set(call.intent, left);
    return own?.answer;
  }

  keep(call: Call, answer: Answer): void {
    const session = sessionOf(call);
    const others = (this.#kept.get(call.intent) ?? []).filter((each) => each.session !== session);
    const kept = { answer, until: performance.now() + KEPT_MS, session };
    this.#kept.set(call.intent, [...others, kept].slice(-MOST));
  }
}

export function sessionOf({ request }: Call): Session {
  return request.context.session_id;
}
