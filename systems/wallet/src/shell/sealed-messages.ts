import { BoundedMap, ok, type Result } from '@ioi/basis';
import {
  type CheckingMessages,
  checkMessage,
  type EdgeRefusal,
  type MessageProof,
  unsealed,
  unsent,
} from '../core/index.ts';
import type { OperationVault } from './sealed-egress.ts';

export type SealedMessagesOptions = Pick<CheckingMessages, 'argumentsOf' | 'messageOf'> & {
  readonly vault: Pick<OperationVault, 'keys' | 'due'>;
};

/** As often as a server may come back with `input_required` for one act. */
const MOST_ROUNDS = 16;
/** An act that was begun so many others ago is over: the guardian says so too. */
const MOST_REMEMBERED = 16_384;

/** Lets to MCP servers what is no act, and each act that is sealed, due and not sent yet. */
export class SealedMessages {
  readonly #options: SealedMessagesOptions;
  readonly #sent = new BoundedMap<string, number>(MOST_REMEMBERED);

  constructor(options: SealedMessagesOptions) {
    this.#options = options;
  }

  async check(
    server: string,
    body: Uint8Array,
    proof: MessageProof | undefined,
  ): Promise<Result<void, EdgeRefusal>> {
    const { vault, ...checking } = this.#options;
    const log = await vault.keys();
    if (!log.ok) return unsent(log.error.code, log.error.message);
    const checked = checkMessage(body, proof, { ...log.value, ...checking, server });
    if (!checked.ok) return checked;
    if (checked.value === undefined) return ok(undefined);
    const { sealed, goesOn } = checked.value;
    const { committedHash: committed_hash, committed } = sealed;
    const due = await vault.due({ committed_hash, request_hash: committed.request_hash, server });
    if (!due.ok) return unsent(due.error.code, due.error.message);
    const before = this.#sent.get(committed_hash) ?? 0;
    if (before > 0 && (!goesOn || before >= MOST_ROUNDS)) {
      return unsealed('the action was sent before');
    }
    this.#sent.set(committed_hash, before + 1);
    return ok(undefined);
  }
}
