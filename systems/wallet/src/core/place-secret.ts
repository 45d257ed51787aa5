import { decodeBase64, encodeBase64, encodeUtf8, ok, type Result } from '@ioi/basis';
import type { Header } from './admit.ts';
import { latin1 } from './forms.ts';
import { type EdgeRefusal, unsent } from './refusal.ts';
import type { LeasedSecret } from './sealed-credential.ts';

/** The headers of a request with the secret in them, and what of it may not come back. */
export type Placed = {
  readonly headers: readonly Header[];
  readonly secrets: readonly string[];
};

/**
 * What servers read credentials from. Others they may show to everybody, as a name, an address or
 * metadata that is kept: what was put there would come back to whoever asks without the secret.
 */
const AUTHORISING = /^(authorization|(.+-)?(apikey|token|(api|auth|access|subscription)-key))$/;
const METADATA = /(^|-)meta-/;
const BASIC = /^basic +([A-Za-z0-9+/]+={0,2})$/i;
/** Visible characters and spaces: nothing that could begin another header. */
const VALUE = /^[\x20-\x7e]*$/;
/** Characters; a shorter word could be any other. */
const SHORTEST = 8;

/** Whether a header is one that a secret is put into. */
export function isAuthorising(name: string): boolean {
  return AUTHORISING.test(name) && !METADATA.test(name);
}

/** Whether a header holds the placeholder, as it is or as RFC 7617 encodes it. */
export function holdsPlaceholder([, value]: Header, placeholder: string): boolean {
  return value.includes(placeholder) || (basicIn(value)?.includes(placeholder) ?? false);
}

/** Puts a secret where its placeholder stands. */
export function placeSecret(
  headers: readonly Header[],
  placeholder: string,
  leased: LeasedSecret,
): Result<Placed, EdgeRefusal> {
  const word = wordOf(leased);
  if (word === undefined) {
    return unsent('credential.other_kind', `no placeholder stands for a ${leased.kind}`);
  }
  if (word === '' || !VALUE.test(word)) {
    return unsent('credential.unreadable', 'the credential is not understood; set it again');
  }
  const secrets = new Set([word, ...word.split(' ').filter((each) => each.length >= SHORTEST)]);
  const placed: Header[] = [];
  for (const header of headers) {
    const [name, value] = header;
    if (!holdsPlaceholder(header, placeholder)) {
      placed.push(header);
      continue;
    }
    if (!isAuthorising(name) && name !== leased.header) {
      return unsent('web.placeholder_header', `no secret is put into the header ${name}`);
    }
    const pair = value.includes(placeholder) ? undefined : basicIn(value);
    if (pair === undefined) {
      placed.push([name, value.replaceAll(placeholder, () => word)]);
      continue;
    }
    const whole = pair.replaceAll(placeholder, () => word);
    const encoded = encodeBase64(bytesOf(whole));
    placed.push([name, `Basic ${encoded}`]);
    secrets.add(whole).add(encoded);
  }
  if (placed.every((each, at) => each === headers[at])) {
    return unsent('web.placeholder_missing', 'the placeholder stands in no header');
  }
  return ok({ headers: placed, secrets: [...secrets] });
}

/** Adds a key in the header that its server looks for it in, or in the one it was set with. */
export function placeKey(
  headers: readonly Header[],
  leased: LeasedSecret,
  headerOf: (secret: string) => Header,
): Result<Placed, EdgeRefusal> {
  const { kind, secret, header } = leased;
  if (kind !== 'bearer' && (kind !== 'header' || header === undefined)) {
    return unsent('credential.other_kind', `no model is asked with a ${kind}`);
  }
  if (secret === '' || !VALUE.test(secret)) {
    return unsent('credential.unreadable', 'the credential is not understood; set it again');
  }
  const own = kind === 'bearer' ? headerOf(secret) : ([header as string, secret] as const);
  const words = secret.split(' ').filter((each) => each.length >= SHORTEST);
  return ok({ headers: [...headers, own], secrets: [...new Set([secret, ...words])] });
}

/** What stands for the secret; undefined where it is used in another way. */
function wordOf({ kind, secret }: LeasedSecret): string | undefined {
  if (kind === 'bearer' || kind === 'header') return secret;
  if (kind !== 'basic') return undefined;
  try {
    const { password } = Object(JSON.parse(secret)) as { password?: unknown };
    return typeof password === 'string' ? password : '';
  } catch {
    return '';
  }
}

/** `user:password` of RFC 7617, a letter for each byte; undefined where it is none. */
function basicIn(value: string): string | undefined {
  const [, word = ''] = BASIC.exec(value) ?? [];
  const bytes = word === '' ? undefined : decodeBase64(word.padEnd(roundUp(word.length), '='));
  return bytes && latin1(bytes);
}

function roundUp(length: number): number {
  return Math.ceil(length / 4) * 4;
}

function bytesOf(text: string): Uint8Array {
  const isLatin1 = [...text].every((letter) => (letter.codePointAt(0) as number) <= 255);
  return isLatin1 ? Uint8Array.from(text, (letter) => letter.charCodeAt(0)) : encodeUtf8(text);
}
