import { err, ok, type Result } from '@ioi/basis';
import { authenticated, type ClientAuth } from '../core/index.ts';
import { guardedFetch } from './guarded-fetch.ts';

export type Exchanging = {
  readonly token_endpoint: string;
  readonly form: Readonly<Record<string, string>>;
  readonly method: ClientAuth;
  readonly secret: string;
};

/** Names of errors as RFC 6749 has them; whatever else a provider says may quote what it got. */
const ERROR = /^[a-z_]{1,40}$/;

/**
 * Exchanges a code for an ID token where the client has a secret. Nothing else of the answer is
 * kept, and nothing of what the provider says but the name of its error is repeated.
 */
export async function exchangeWithSecret({
  token_endpoint,
  form,
  method,
  secret,
}: Exchanging): Promise<Result<string, { readonly code: string; readonly message: string }>> {
  const request = authenticated(form, method, secret);
  const fetched = guardedFetch(true, new AbortController().signal);
  try {
    const body = new URLSearchParams(request.form);
    const sent = { method: 'POST', headers: request.headers, body };
    const response = await fetched(token_endpoint, sent);
    const { id_token, error } = (await response.json()) as Record<string, unknown>;
    if (response.ok && typeof id_token === 'string') return ok(id_token);
    const said = typeof error === 'string' && ERROR.test(error) ? error : 'no ID token';
    return notExchanged(`${response.status} ${said}`);
  } catch {
    return notExchanged('it did not answer');
  }
}

function notExchanged(why: string) {
  const message = `the provider gave nothing for the code: ${why}`;
  return err({ code: 'sign_in.not_exchanged', message });
}
