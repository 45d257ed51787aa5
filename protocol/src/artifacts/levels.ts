import Type from 'typebox';
import { artifact } from './artifact.ts';
import { exampleSignature } from './example-signature.ts';
import {
  AgentId,
  Base64,
  closed,
  Digest,
  HybridSignature,
  ShortText,
  ThresholdPublicKey,
  Uint64,
} from './primitives.ts';

/** As providers name clients and people. */
export const ProviderText = Type.String({
  minLength: 1,
  maxLength: 256,
  pattern: '^[\\x21-\\x7e]+$',
});
export const ProviderUrl = Type.String({
  maxLength: 512,
  pattern: '^(https://|http://(localhost|127\\.0\\.0\\.1)(:[0-9]{1,5})?(/|$))[\\x21-\\x7e]*$',
});

/** ID token (OpenID Connect Core 2), a JWS in compact form. */
export const IdToken = Type.String({
  maxLength: 8192,
  pattern: '^[\\w-]+\\.[\\w-]+\\.[\\w-]+$',
});

/** A provider of identities says who signed in; its nonce is the digest of what that opens. */
export const SignInAssertion = Type.Object(
  {
    algorithm: Type.Literal('oidc'),
    /** Of the factor. */
    key_id: Digest,
    id_token: IdToken,
  },
  closed,
);

export const ProviderKey = Type.Object(
  {
    kid: Type.Optional(ProviderText),
    algorithm: Type.Union([Type.Literal('rs256'), Type.Literal('es256'), Type.Literal('ed25519')]),
    /** Raw key, point, or modulus with the exponent 65537. */
    key: Base64,
  },
  closed,
);

const SignIn = Type.Object(
  {
    kind: Type.Literal('sign_in'),
    /** Digest of issuer, client_id and subject. */
    factor_id: Digest,
    label: ShortText,
    issuer: ProviderUrl,
    client_id: ProviderText,
    subject: ProviderText,
    authorization_endpoint: ProviderUrl,
    token_endpoint: ProviderUrl,
    /** How the client says that it is itself, where it has a secret. */
    client_auth: Type.Optional(
      Type.Union([Type.Literal('client_secret_basic'), Type.Literal('client_secret_post')]),
    ),
    /** As the owner saw them; any other verifies nothing. */
    keys: Type.Array(ProviderKey, { minItems: 1, maxItems: 16 }),
    /** The provider has to have asked the person just now. */
    is_fresh: Type.Boolean(),
    acts_as: Type.Optional(Type.Array(AgentId, { maxItems: 16 })),
  },
  closed,
);

const Group = Type.Object(
  {
    kind: Type.Literal('group'),
    /** Key id of the group. */
    factor_id: Digest,
    label: ShortText,
    public_key: ThresholdPublicKey,
    acts_as: Type.Optional(Type.Array(AgentId, { maxItems: 16 })),
  },
  closed,
);

const HASH = `sha256:${'0b'.repeat(32)}`;
const signature = exampleSignature(HASH);
const signIn = {
  kind: 'sign_in' as const,
  factor_id: HASH,
  label: 'work',
  issuer: 'https://accounts.example',
  client_id: 'node-1',
  subject: '10769150350006150715113082367',
  authorization_endpoint: 'https://accounts.example/authorize',
  token_endpoint: 'https://accounts.example/token',
  keys: [{ kid: 'k1', algorithm: 'rs256' as const, key: 'AAAA' }],
  is_fresh: true,
};
const enrollment = { factor: signIn, sequence: '1' };

export const EnrollLevel = artifact({
  name: 'EnrollLevel',
  source: 'whitepaper 7.3.2; design ruling 10',
  summary:
    'Payload of `governance/level.enroll`, signed by the owner: who approves beside passkeys. ' +
    'Somebody who signed in at a provider unlocks the page for what is of low risk (level 1); ' +
    'a group signs together (level 3). What was enrolled under the same id is replaced.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      enrollment: Type.Object({ factor: Type.Union([SignIn, Group]), sequence: Uint64 }, closed),
      signature: HybridSignature,
    },
    closed,
  ),
  examples: [{ enrollment, signature }],
  refused: [
    { why: 'unsigned', value: { enrollment } },
    {
      why: 'a provider anybody could answer for',
      value: {
        enrollment: { ...enrollment, factor: { ...signIn, issuer: 'http://accounts.example' } },
        signature,
      },
    },
    {
      why: 'no keys',
      value: { enrollment: { ...enrollment, factor: { ...signIn, keys: [] } }, signature },
    },
  ],
});
