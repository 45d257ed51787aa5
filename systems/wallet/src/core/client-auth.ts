import { encodeBase64, encodeUtf8 } from '@ioi/basis';

export type ClientAuth = 'client_secret_basic' | 'client_secret_post';

export type TokenRequest = {
  readonly headers: Readonly<Record<string, string>>;
  readonly form: Readonly<Record<string, string>>;
};

/** A token request that says which client asks, by its secret (RFC 6749 2.3.1). */
export function authenticated(
  form: Readonly<Record<string, string>>,
  method: ClientAuth,
  secret: string,
): TokenRequest {
  const headers = { accept: 'application/json' };
  if (method === 'client_secret_post') {
    return { headers, form: { ...form, client_secret: secret } };
  }
  const { client_id = '', ...rest } = form;
  const pair = `${formEncoded(client_id)}:${formEncoded(secret)}`;
  const authorization = `Basic ${encodeBase64(encodeUtf8(pair))}`;
  return { headers: { ...headers, authorization }, form: rest };
}

/** As a field of a form (RFC 6749 appendix B). */
function formEncoded(text: string): string {
  const bytes = [...encodeUtf8(text)];
  return bytes.map(encodedByte).join('');
}

function encodedByte(byte: number): string {
  const character = String.fromCharCode(byte);
  if (/[A-Za-z0-9*._-]/.test(character)) return character;
  return character === ' ' ? '+' : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
