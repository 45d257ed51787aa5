import { err, ok, type Result } from '@ioi/basis';
import { clientSecretPlace } from '@ioi/law';
import type { SignInFactor } from '@ioi/protocol';
import type { EdgeAnswer, EdgeAsk } from '../core/vault-wire.ts';
import type { ExchangeAsked, Refusal } from '../core/wire.ts';
import type { Vault } from './vault.ts';

export type ClientSecretsOptions = {
  readonly vault: Pick<Vault, 'answer'>;
  /** Undefined where the supervisor started no edge. */
  readonly edge: ((ask: EdgeAsk) => Promise<EdgeAnswer>) | undefined;
};

/** Codes of clients with a secret: the edge exchanges them, and the daemon has no part in it. */
export class ClientSecrets {
  readonly #options: ClientSecretsOptions;

  constructor(options: ClientSecretsOptions) {
    this.#options = options;
  }

  /** The ID token for the code in this form. */
  async exchange(
    factor: SignInFactor & Required<Pick<SignInFactor, 'client_auth'>>,
    { form }: Pick<ExchangeAsked, 'form'>,
  ): Promise<Result<string, Refusal>> {
    const { vault, edge } = this.#options;
    const { token_endpoint, client_auth: method } = factor;
    if (edge === undefined) return err(NO_EDGE);
    const leased = vault.answer({ kind: 'lease', ...clientSecretPlace(factor) });
    if (leased.kind === 'refused') return err(leased.refusal);
    if (leased.kind !== 'leased') return err(NOT_UNDERSTOOD);
    const { secret } = leased;
    const answer = await edge({ kind: 'exchange', token_endpoint, form, method, secret });
    if (answer.kind === 'exchanged') return ok(answer.id_token);
    return err(answer.kind === 'refused' ? answer.refusal : NOT_UNDERSTOOD);
  }
}

const NO_EDGE: Refusal = {
  code: 'edge.missing',
  message: 'the process that sends client secrets was not started: start the node again',
};

const NOT_UNDERSTOOD: Refusal = {
  code: 'sign_in.not_exchanged',
  message: 'the edge gave another answer',
};
