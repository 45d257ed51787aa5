import type { Refusal } from '@ioi/guardian';

export type Answer = {
  readonly status: number;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
};
export type Handler = (body: Record<string, unknown>) => Answer | Promise<Answer>;

export function good(body: object): Answer {
  return { status: 200, body };
}

/** RFC 9457 problem details; `code` is ours. */
export function refused({ code, message }: Refusal): Answer {
  return { status: 409, body: { type: 'about:blank', title: message, status: 409, code } };
}
