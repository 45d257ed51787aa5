import type { ApprovalCall } from './approval-call.ts';
import { shortId } from './match-id.ts';

/** All that a notification carries: enough to know that one should look, and nothing to act by. */
export type Notice = {
  readonly kind: 'approval' | 'test';
  readonly agent: string;
  /** The class of what is asked for, such as `fs::write`; never its parameters. */
  readonly target: string;
  readonly risk: string;
  /** What `ioi inbox` shows too, so that a person can tell it is the same. */
  readonly id: string;
};

export function noticeOf({ agent, target, risk, requestHash }: ApprovalCall): Notice {
  return { kind: 'approval', agent, target, risk, id: shortId(requestHash) };
}

export const testNotice: Notice = {
  kind: 'test',
  agent: 'agent://none/test',
  target: 'none',
  risk: 'none',
  id: 'test',
};

export function noticeWords({ kind, agent, target, risk, id }: Notice): {
  readonly title: string;
  readonly body: string;
} {
  if (kind === 'test') return { title: 'ioi: a test', body: 'Notifications reach you.' };
  return { title: 'An agent waits for you', body: `${target}, ${risk} risk (${agent}): ${id}` };
}

/** Milliseconds before each next try; none after the last. */
export const RETRY_AFTER_MS = [2_000, 8_000, 32_000, 128_000] as const;

export type Answered = 'sent' | 'again' | 'gone' | 'refused';

/** What the answer of whoever was to pass it on means. 0 stands for no answer. */
export function meaningOf(status: number): Answered {
  if (status >= 200 && status < 300) return 'sent';
  if (status === 404 || status === 410) return 'gone';
  return status === 0 || status === 408 || status === 429 || status >= 500 ? 'again' : 'refused';
}
