import Type from 'typebox';
import { artifact } from './artifact.ts';
import { exampleSignature } from './example-signature.ts';
import { SignInAssertion } from './levels.ts';
import {
  AgentId,
  Base64,
  ChainTime,
  closed,
  Digest,
  Ed25519PublicKey,
  HybridSignature,
  ShortText,
  ThresholdSignature,
  Uint64,
} from './primitives.ts';

/** What an authenticator answered; `client_data` is the JSON text of the browser, as bytes. */
export const WebAuthnAssertion = Type.Object(
  {
    algorithm: Type.Literal('webauthn'),
    /** Of the factor. */
    key_id: Digest,
    authenticator_data: Base64,
    client_data: Base64,
    signature: Base64,
  },
  closed,
);

const HASH = `sha256:${'0b'.repeat(32)}`;
const signature = exampleSignature(HASH);
const SOURCE = 'whitepaper 2.6.7, 4.6.1; design ruling 10';

export const ApproverSession = artifact({
  name: 'ApproverSession',
  source: SOURCE,
  summary:
    'A person unlocked the page of the guardian: until `expires` this key may sign tokens for ' +
    'requests of low risk, in the name of the factor that signed.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      artifact: Type.Literal('ApproverSession'),
      audience: Digest,
      session_key: Ed25519PublicKey,
      nonce: Uint64,
      opened: ChainTime,
      expires: ChainTime,
      revocation_epoch: Uint64,
      opened_by: Type.Union([HybridSignature, WebAuthnAssertion, SignInAssertion]),
    },
    closed,
  ),
  examples: [
    {
      artifact: 'ApproverSession',
      audience: HASH,
      session_key: { algorithm: 'ed25519', key: 'AAAA' },
      nonce: '7',
      opened: '1800000000000',
      expires: '1800000300000',
      revocation_epoch: '0',
      opened_by: signature,
    },
  ],
  refused: [{ why: 'opened by nobody', value: { artifact: 'ApproverSession', audience: HASH } }],
});

const SessionSignature = Type.Object(
  {
    algorithm: Type.Literal('session'),
    session: ApproverSession.schema,
    signature: Base64,
  },
  closed,
);

/** Of a person, of a page a person unlocked, or of a group. */
export const ApprovalSignature = Type.Union([
  HybridSignature,
  WebAuthnAssertion,
  SessionSignature,
  ThresholdSignature,
]);

const AuthenticatorKey = Type.Object(
  {
    algorithm: Type.Union([
      Type.Literal('es256'),
      Type.Literal('ed25519'),
      Type.Literal('ml-dsa-44'),
    ]),
    key: Base64,
  },
  closed,
);

const Factor = Type.Object(
  {
    /** Digest of the public key. */
    factor_id: Digest,
    /** As the authenticator named it. */
    credential_id: Base64,
    public_key: AuthenticatorKey,
    rp_id: Type.String({ pattern: '^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$' }),
    origin: Type.String({ pattern: '^https?://[a-z0-9.-]{1,253}(:[0-9]{1,5})?$' }),
    sign_counter: Uint64,
    label: ShortText,
    transports: Type.Array(Type.String({ pattern: '^[a-z-]{1,32}$' }), { maxItems: 8 }),
    /** Agents whose requests this factor may not approve, being theirs. */
    acts_as: Type.Optional(Type.Array(AgentId, { maxItems: 16 })),
  },
  closed,
);

const factor = {
  factor_id: HASH,
  credential_id: 'AAAA',
  public_key: { algorithm: 'es256' as const, key: 'AAAA' },
  rp_id: 'localhost',
  origin: 'http://localhost:4747',
  sign_counter: '0',
  label: 'laptop',
  transports: ['internal'],
};

export const EnrollFactor = artifact({
  name: 'EnrollFactor',
  source: SOURCE,
  summary:
    'Payload of `governance/factor.enroll`, signed by the owner: from now on this passkey signs ' +
    'approvals, from this origin alone. `sequence` rises with every change of the approvers.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      enrollment: Type.Object({ factor: Factor, sequence: Uint64 }, closed),
      signature: HybridSignature,
    },
    closed,
  ),
  examples: [{ enrollment: { factor, sequence: '1' }, signature }],
  refused: [
    { why: 'unsigned', value: { enrollment: { factor, sequence: '1' } } },
    {
      why: 'no origin',
      value: { enrollment: { factor: { ...factor, origin: '*' }, sequence: '1' }, signature },
    },
  ],
});

export const RevokeFactor = artifact({
  name: 'RevokeFactor',
  source: SOURCE,
  summary:
    'Payload of `governance/factor.revoke`, signed by the owner: from the next seal on nothing ' +
    'this passkey signed holds any more.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      revocation: Type.Object({ factor_id: Digest, sequence: Uint64 }, closed),
      signature: HybridSignature,
    },
    closed,
  ),
  examples: [{ revocation: { factor_id: HASH, sequence: '2' }, signature }],
  refused: [{ why: 'of nothing', value: { revocation: { sequence: '2' }, signature } }],
});

const Quorum = Type.Object(
  {
    /** Distinct factors that have to sign; the owner's key is one. */
    factors: Type.Integer({ minimum: 1, maximum: 8 }),
    /** One of them from an origin that is not this machine. */
    out_of_band: Type.Boolean(),
    /** Groups that have to be among them, by key id. */
    groups: Type.Optional(Type.Array(Digest, { minItems: 1, maxItems: 4 })),
  },
  closed,
);

const quorum = { factors: 1, out_of_band: false };

export const SetApprovalRules = artifact({
  name: 'SetApprovalRules',
  source: SOURCE,
  summary:
    'Payload of `governance/approval.rules`, signed by the owner: how many distinct factors an ' +
    'act takes, by risk class and by rule of the policy; where several apply, each must hold.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      setting: Type.Object(
        {
          low: Quorum,
          high: Quorum,
          rules: Type.Array(Type.Object({ rule_id: ShortText, quorum: Quorum }, closed), {
            maxItems: 64,
          }),
          sequence: Uint64,
        },
        closed,
      ),
      signature: HybridSignature,
    },
    closed,
  ),
  examples: [
    {
      setting: { low: quorum, high: { ...quorum, factors: 2 }, rules: [], sequence: '3' },
      signature,
    },
  ],
  refused: [
    {
      why: 'nobody has to sign',
      value: {
        setting: { low: { ...quorum, factors: 0 }, high: quorum, rules: [], sequence: '3' },
        signature,
      },
    },
  ],
});
