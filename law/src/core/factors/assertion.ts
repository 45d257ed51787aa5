import { decodeBase64, encodeBase64, err, ok, type Result } from '@ioi/basis';
import { type Digest, parseStrict, sha256 } from '@ioi/canon';
import { verifyAuthenticator } from '@ioi/crypto';
import type { FactorEnrolled, WebAuthnAssertion } from '@ioi/protocol';

const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;
/** rpIdHash, flags, counter (WebAuthn 6.1). */
const FIXED_BYTES = 37;
const MOST_BYTES = 4096;

export type Ceremony = 'webauthn.create' | 'webauthn.get';

export type AuthenticatorData = {
  readonly userVerified: boolean;
  readonly counter: bigint;
};

/**
 * One assertion of a passkey over one digest (WebAuthn 7.2): type, challenge, origin, relying
 * party, presence and verification of the user, counter, signature. Says which does not hold.
 */
export function verifyAssertion(
  assertion: WebAuthnAssertion,
  factor: FactorEnrolled,
  digest: Digest,
): Result<AuthenticatorData, string> {
  const clientData = decodeBase64(assertion.client_data);
  const data = decodeBase64(assertion.authenticator_data);
  if (clientData === undefined || data === undefined) return err('encoding');
  const { origin, rp_id } = factor;
  const said = checkClientData(clientData, { type: 'webauthn.get', origin, digest });
  if (!said.ok) return said;
  const read = readAuthenticatorData(data, rp_id);
  if (!read.ok) return read;
  if (!read.value.userVerified) return err('user verification');
  if (!isCounterAhead(read.value.counter, BigInt(factor.sign_counter))) return err('counter');
  const message = joined(data, sha256(clientData));
  const verified = verifyAuthenticator(factor.public_key, message, assertion.signature);
  return verified.ok ? read : err(verified.error.code);
}

/** An authenticator that does not count says 0 for ever. */
export function isCounterAhead(now: bigint, before: bigint): boolean {
  return now > before || (now === 0n && before === 0n);
}

export type Expected = {
  readonly type: Ceremony;
  readonly origin: string;
  readonly digest: Digest;
};

/** What the browser says it asked for; a frame of another origin is refused. */
export function checkClientData(
  bytes: Uint8Array,
  { type, origin, digest }: Expected,
): Result<void, string> {
  const parsed = parseStrict(bytes, { maxBytes: MOST_BYTES });
  if (!parsed.ok || typeof parsed.value !== 'object' || parsed.value === null) {
    return err('client data');
  }
  const said = parsed.value as Readonly<Record<string, unknown>>;
  if (said['type'] !== type) return err('type');
  if (said['challenge'] !== challengeOf(digest)) return err('challenge');
  if (said['origin'] !== origin) return err('origin');
  const isFramed = (said['crossOrigin'] ?? false) !== false || said['topOrigin'] !== undefined;
  return isFramed ? err('frame') : ok(undefined);
}

/** The bytes of a digest as WebAuthn spells a challenge: base64url without padding. */
export function challengeOf(digest: Digest): string {
  const hex = digest.slice('sha256:'.length);
  const bytes = Uint8Array.from({ length: hex.length / 2 }, (_, at) =>
    Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16),
  );
  return encodeBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** How far the passkey had counted when it signed; 0 where nothing can be read. */
export function readCounter({ authenticator_data }: WebAuthnAssertion): bigint {
  const data = decodeBase64(authenticator_data) ?? new Uint8Array();
  return data.length < FIXED_BYTES ? 0n : counterIn(data);
}

export function readAuthenticatorData(
  data: Uint8Array,
  rpId: string,
): Result<AuthenticatorData, string> {
  if (data.length < FIXED_BYTES || data.length > MOST_BYTES) return err('authenticator data');
  const expected = sha256(rpId);
  if (!expected.every((byte, at) => byte === data[at])) return err('relying party');
  const flags = data[32] ?? 0;
  if ((flags & USER_PRESENT) === 0) return err('user presence');
  return ok({ userVerified: (flags & USER_VERIFIED) !== 0, counter: counterIn(data) });
}

function counterIn(data: Uint8Array): bigint {
  return BigInt(data.subarray(33, FIXED_BYTES).reduce((all, byte) => all * 256 + byte, 0));
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
