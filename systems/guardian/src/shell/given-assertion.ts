import { decodeBase64, encodeBase64, err, ok, type Result } from '@ioi/basis';
import type { FactorEnrolled, WebAuthnAssertion } from '@ioi/protocol';
import { plainEcdsa, type Refusal } from '../core/index.ts';

/** As the browser gives it, base64; ES256 signatures in DER. */
export type GivenAssertion = {
  readonly credential_id: string;
  readonly authenticator_data: string;
  readonly client_data: string;
  readonly signature: string;
};

/** What a browser answered, as an assertion of the factor whose passkey it says it is. */
export function assertionOf(
  given: GivenAssertion,
  factors: readonly FactorEnrolled[],
): Result<WebAuthnAssertion, Refusal> {
  const factor = factors.find((each) => each.credential_id === given.credential_id);
  if (factor === undefined) return refuse('factor.unknown', 'this passkey approves nothing here');
  const der = decodeBase64(given.signature);
  const isDer = factor.public_key.algorithm === 'es256';
  const plain = der && (isDer ? plainEcdsa(der) : der);
  if (plain === undefined) return refuse('approval.invalid', 'the signature cannot be read');
  const { authenticator_data, client_data } = given;
  return ok({
    algorithm: 'webauthn',
    key_id: factor.factor_id,
    authenticator_data,
    client_data,
    signature: encodeBase64(plain),
  });
}

function refuse(code: string, message: string): Result<never, Refusal> {
  return err({ code, message });
}
