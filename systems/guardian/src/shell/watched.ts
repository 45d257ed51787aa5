import { BOUNDARY, type ProposedOperation } from '@ioi/law';
import type { LogEntry } from '@ioi/protocol';
import type { Refusal } from '../core/index.ts';

export type Ended = { readonly refusal: Refusal } | { readonly entry: LogEntry };

/** What the owner signed and waits for. */
export type Watched = { readonly signature: string; readonly end: (ended: Ended) => void };

export type Brought = Pick<ProposedOperation, 'operation_id' | 'operation' | 'payload'>;

/** What people ordered of requests that wait: nothing else may say that it was. */
export type Orders = {
  readonly stray: (about: Brought) => Refusal | undefined;
  readonly ended: (about: Brought, ended: Ended) => void;
  /** Why the daemon could not even bring an edit. */
  readonly refused: (requestHash: string, refusal: Refusal) => void;
};

/** Until there are desks for it, nobody orders anything. */
export const noOrders: Orders = {
  stray: ({ operation, payload }) =>
    payload['edits'] === undefined && operation !== `${BOUNDARY}/action.extend`
      ? undefined
      : { code: 'operation.not_authentic', message: 'no person ordered this' },
  ended: () => {},
  refused: () => {},
};
