import { err, ok, type Result } from '@ioi/basis';
import { BOUNDARY, extendedTime } from '@ioi/law';
import type { ExtendAction } from '@ioi/protocol';
import type { GuardianNotice, Refusal } from '../core/index.ts';
import type { EditDesk } from './edit-desk.ts';
import type { Guardian } from './guardian.ts';
import type { TokenDesk } from './token-desk.ts';
import type { Brought, Ended, Orders } from './watched.ts';

export type ExtensionDeskOptions = {
  readonly guardian: Pick<Guardian, 'action' | 'chainTime'>;
  readonly tokens: Pick<TokenDesk, 'item'>;
  readonly notify: (notice: GuardianNotice) => void;
  /** How long the daemon has to bring it to the log. */
  readonly deliveryMs: number;
};

type Ordered = {
  readonly expires: string;
  readonly end: (ended: Result<ExtendAction, Refusal>) => void;
};

const EXTEND = `${BOUNDARY}/action.extend`;

/**
 * More time that a person gave to what waits. The daemon brings exactly that to the log; it can
 * give none of its own.
 */
export class ExtensionDesk {
  readonly #options: ExtensionDeskOptions;
  readonly #ordered = new Map<string, Ordered>();

  constructor(options: ExtensionDeskOptions) {
    this.#options = options;
  }

  /** For whoever verified the person. Resolves once it is sealed, refused, or too late. */
  async order(requestHash: string, moreMs: bigint): Promise<Result<ExtendAction, Refusal>> {
    const { guardian, tokens, notify, deliveryMs } = this.#options;
    if (tokens.item(requestHash) === undefined) {
      return refuse('action.not_pending', `${requestHash} is not waiting for a decision`);
    }
    if (this.#ordered.has(requestHash)) {
      return refuse('extension.under_way', 'it is being given more time already');
    }
    const action = guardian.action(requestHash);
    const until = BigInt(action?.expires ?? '0') + moreMs;
    const extended = extendedTime(action, until, guardian.chainTime());
    if (!extended.ok) return extended;
    const { promise, resolve } = Promise.withResolvers<Result<ExtendAction, Refusal>>();
    const message = 'the daemon did not bring it to the log in time';
    const timer = setTimeout(() => end(refuse('daemon.no_answer', message)), deliveryMs);
    const end = (ended: Result<ExtendAction, Refusal>): void => {
      clearTimeout(timer);
      this.#ordered.delete(requestHash);
      resolve(ended);
    };
    const expires = String(until);
    this.#ordered.set(requestHash, { expires, end });
    notify({ kind: 'extended', request_hash: requestHash, expires });
    return promise;
  }

  /** Why an operation that gives more time may not: nobody ordered it, or not so much. */
  stray(about: Pick<Brought, 'operation' | 'payload'>): Refusal | undefined {
    if (about.operation !== EXTEND || this.#orderedFor(about) !== undefined) return undefined;
    return { code: 'operation.not_authentic', message: 'no person gave it this time' };
  }

  /** What became of it in the log. */
  ended(about: Pick<Brought, 'operation' | 'payload'>, ended: Ended): void {
    if (about.operation !== EXTEND) return;
    const { request_hash, expires } = about.payload as ExtendAction;
    const told = 'refusal' in ended ? err(ended.refusal) : ok({ request_hash, expires });
    this.#orderedFor(about)?.end(told);
  }

  #orderedFor({ payload }: Pick<Brought, 'payload'>): Ordered | undefined {
    const { request_hash, expires } = payload as Partial<ExtendAction>;
    const ordered = this.#ordered.get(String(request_hash));
    return ordered?.expires === expires ? ordered : undefined;
  }
}

/** All that people order of what waits. */
export function ordersAt(edits: EditDesk, extensions: ExtensionDesk): Orders {
  return {
    stray: (about) => edits.stray(about) ?? extensions.stray(about),
    ended: (about, ended) => {
      edits.ended(about, ended);
      extensions.ended(about, ended);
    },
    refused: (requestHash, refusal) => edits.refused(requestHash, refusal),
  };
}

function refuse(code: string, message: string): Result<never, Refusal> {
  return err({ code, message });
}
