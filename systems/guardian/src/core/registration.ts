import { decodeBase64, encodeBase64, err, ok, type Result } from '@ioi/basis';
import { type Digest, digestOf } from '@ioi/canon';
import type { AuthenticatorKey } from '@ioi/crypto';
import { checkClientData, readAuthenticatorData } from '@ioi/law';
import type { FactorEnrolled } from '@ioi/protocol';
import { type CborMap, readCborMap } from './cbor-map.ts';
import type { Refusal } from './wire.ts';

/** What a page hands over after `navigator.credentials.create`; bytes as base64. */
export type Registration = {
  readonly client_data: string;
  readonly authenticator_data: string;
  readonly transports: readonly string[];
};

export type Registering = {
  readonly digest: Digest;
  readonly origin: string;
  readonly rpId: string;
  readonly label: string;
  readonly actsAs: readonly string[];
};

const ATTESTED = 0x40;
/** Behind the fixed part stand the model (16 bytes) and the length of the id (2). */
const ID_LENGTH_AT = 53;
const ID_AT = 55;

/**
 * A new passkey as it would be enrolled (WebAuthn 7.1): who made it is not asked, that its user
 * was verified is. Nothing is proved by it yet: the first approval does that.
 */
export function factorIn(
  registration: Registration,
  { digest, origin, rpId, label, actsAs }: Registering,
): Result<FactorEnrolled, Refusal> {
  const clientData = decodeBase64(registration.client_data);
  const data = decodeBase64(registration.authenticator_data);
  if (clientData === undefined || data === undefined) return refuse('the answer is not base64');
  const said = checkClientData(clientData, { type: 'webauthn.create', origin, digest });
  if (!said.ok) return refuse(said.error);
  const read = readAuthenticatorData(data, rpId);
  if (!read.ok) return refuse(read.error);
  if (!read.value.userVerified) return refuse('user verification');
  if (((data[32] ?? 0) & ATTESTED) === 0) return refuse('it holds no key');
  const idLength = ((data[ID_LENGTH_AT] ?? 0) << 8) | (data[ID_LENGTH_AT + 1] ?? 0);
  const keyAt = ID_AT + idLength;
  const map = readCborMap(data.subarray(keyAt));
  const public_key = map && keyIn(map);
  if (public_key === undefined || idLength === 0) return refuse('it holds no key known here');
  const factor_id = digestOf(public_key);
  if (!factor_id.ok) return refuse('it holds no key known here');
  const transports = registration.transports.filter((each) => /^[a-z-]{1,32}$/.test(each));
  return ok({
    factor_id: factor_id.value,
    credential_id: encodeBase64(data.subarray(ID_AT, keyAt)),
    public_key,
    rp_id: rpId,
    origin,
    sign_counter: String(read.value.counter),
    label,
    transports: transports.slice(0, 8),
    ...(actsAs.length === 0 ? {} : { acts_as: [...actsAs] }),
  });
}

/** COSE labels (RFC 9052 7, 9053 7; RFC 9964 for ML-DSA). */
const [KTY, ALG, CRV, X, Y] = [1, 3, -1, -2, -3];
const [OKP, EC2, AKP] = [1, 2, 7];
const [ES256, EDDSA, ED25519, ML_DSA_44] = [-7, -8, -19, -48];

/** Algorithms that are offered when a passkey is made, the best first. */
export const OFFERED_ALGORITHMS: readonly number[] = [ML_DSA_44, EDDSA, ES256];

function keyIn(map: CborMap): AuthenticatorKey | undefined {
  const [kty, alg] = [map.get(KTY), map.get(ALG)];
  const [curve, x, y] = [map.get(CRV), map.get(X), map.get(Y)];
  if (kty === EC2 && alg === ES256 && curve === 1) {
    if (!(x instanceof Uint8Array) || !(y instanceof Uint8Array)) return undefined;
    if (x.length !== 32 || y.length !== 32) return undefined;
    return { algorithm: 'es256', key: encodeBase64(Uint8Array.of(4, ...x, ...y)) };
  }
  if (kty === OKP && (alg === EDDSA || alg === ED25519) && curve === 6) {
    if (!(x instanceof Uint8Array) || x.length !== 32) return undefined;
    return { algorithm: 'ed25519', key: encodeBase64(x) };
  }
  // The key of an algorithm key pair stands where other kinds have their curve.
  if (kty === AKP && alg === ML_DSA_44 && curve instanceof Uint8Array && curve.length === 1312) {
    return { algorithm: 'ml-dsa-44', key: encodeBase64(curve) };
  }
  return undefined;
}

function refuse(why: string): Result<never, Refusal> {
  return err({ code: 'factor.not_registered', message: `the passkey was not made: ${why}` });
}
