import { BoundedMap, ok, type Result } from '@ioi/basis';
import {
  type CheckingMessages,
  checkMessage,
  type EdgeRefusal,
  type MessageProof,
  type Posted,
  unsealed,
  unsent,
} from '../core/index.ts';
import type { OperationVault } from './sealed-egress.ts';

export type SealedMessagesOptions = Pick<
  CheckingMessages,
  'argumentsOf' | 'messageOf' | 'headersOf'
> & {
  readonly vault: Pick<OperationVault, 'keys' | 'due'>;
  /** Acts that are remembered as sent; any that was sealed before one that is not goes no more. */
  readonly mostRemembered?: number;
};

/** As often as a server may come back with `input_required` for one act. */
const MOST_ROUNDS = 16;
const MOST_REMEMBERED = 16_384;

/**
 * An act that was begun: how often it was sent, whether its server asked for it again, and where in
 * the log it stands.
 */
type Begun = { readonly times: number; readonly isAsked: boolean; readonly seq: bigint };

/** What was let out: `onAsked` is called where its answer asks for input. */
export type LetOut = { readonly onAsked: (() => void) | undefined };

/** Lets to MCP servers what is no act, and each act that is sealed, due and not sent yet. */
export class SealedMessages {
  readonly #options: SealedMessagesOptions;
  readonly #sent: BoundedMap<string, Begun>;
  /** The latest in the log of those that were sent and are remembered no more. */
  #forgotten = -1n;

  constructor(options: SealedMessagesOptions) {
    this.#options = options;
    this.#sent = new BoundedMap(options.mostRemembered ?? MOST_REMEMBERED);
  }

  async check(
    server: string,
    posted: Posted,
    proof: MessageProof | undefined,
  ): Promise<Result<LetOut, EdgeRefusal>> {
    const { vault, mostRemembered: _, ...checking } = this.#options;
    const log = await vault.keys();
    if (!log.ok) return unsent(log.error.code, log.error.message);
    const checked = checkMessage(posted, proof, { ...log.value, ...checking, server });
    if (!checked.ok) return checked;
    if (checked.value === undefined) return ok({ onAsked: undefined });
    const { sealed, goesOn } = checked.value;
    const { committedHash: committed_hash, committed, seq } = sealed;
    const due = await vault.due({ committed_hash, request_hash: committed.request_hash, server });
    if (!due.ok) return unsent(due.error.code, due.error.message);
    const known = this.#sent.get(committed_hash);
    if (known === undefined && seq <= this.#forgotten) {
      return unsealed('nobody knows any more whether it was sent; propose the action anew');
    }
    const { times, isAsked } = known ?? { times: 0, isAsked: false };
    if (times === 0 && goesOn) return unsealed('its server asked for nothing yet');
    if (times > 0 && (!isAsked || times >= MOST_ROUNDS)) {
      return unsealed('the action was sent before');
    }
    const now: Begun = { times: times + 1, isAsked: false, seq };
    const [, displaced] = this.#sent.set(committed_hash, now) ?? [];
    if (displaced !== undefined && displaced.seq > this.#forgotten) this.#forgotten = displaced.seq;
    // Each answer asks for it once more at most.
    const onAsked = (): void => {
      if (this.#sent.get(committed_hash) === now) {
        this.#sent.set(committed_hash, { ...now, isAsked: true });
      }
    };
    return ok({ onAsked });
  }
}

/** As it stands in an answer: in a text of one, quotes are escaped. */
const ASKING = /"resultType"\s{0,16}:\s{0,16}"input_required"/;
const LONGEST_ASKING = 64;

/** The body of an answer, of which it is told before it is handed on that it asks for input. */
export function listened(
  body: Response['body'],
  onAsked: LetOut['onAsked'],
): ReadableStream<Uint8Array> | null {
  if (body === null || onAsked === undefined) return body;
  let last = '';
  const listening = new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, passing) => {
      const text = `${last}${Buffer.from(chunk).toString('latin1')}`;
      if (ASKING.test(text)) onAsked();
      last = text.slice(-LONGEST_ASKING);
      passing.enqueue(chunk);
    },
  });
  return body.pipeThrough(listening);
}
