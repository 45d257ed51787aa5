import type { SignInFactor } from '@ioi/protocol';

/** Where in the vault the secret of a client is, and the one place it goes to. */
export function clientSecretPlace({
  factor_id,
  token_endpoint,
}: Pick<SignInFactor, 'factor_id' | 'token_endpoint'>) {
  const [origin = ''] = /^https?:\/\/[^/?#]+/.exec(token_endpoint) ?? [];
  const name = `oidc-${factor_id.slice('sha256:'.length).slice(0, 16)}`;
  return { name, server: 'sign-in', origin };
}
