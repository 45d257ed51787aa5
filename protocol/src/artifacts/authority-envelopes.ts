import Type from 'typebox';
import { artifact } from './artifact.ts';
import {
  AuthorityIssuer,
  AuthorityRequestId,
  AuthorityScope,
  AuthoritySubject,
  CertificateId,
  ChainTime,
  closed,
  Digest,
  DollarAmount,
  Ed25519PublicKey,
  GrantId,
  HybridPublicKey,
  PrimitiveCapability,
  Resource,
  Uint64,
} from './primitives.ts';

const SOURCE = 'whitepaper 7.5, B.3, B.4';
const HASH = `sha256:${'3c'.repeat(32)}`;
const ID = '4d'.repeat(16);

const Scopes = Type.Array(AuthorityScope, { minItems: 1, maxItems: 64 });
const Primitives = Type.Array(PrimitiveCapability, { maxItems: 64 });
const Resources = Type.Array(Resource, { minItems: 1, maxItems: 64 });
/** A class of acts by the beginning of its scope (`commerce`), or by the risk of its tool. */
const ApprovalClasses = Type.Array(Type.String({ pattern: '^[a-z][a-z0-9_.]{0,63}$' }), {
  maxItems: 16,
});

const request = {
  authority_request_id: `authreq_${ID}`,
  subject_id: 'agent://local/mcp',
  issuer_id: 'wallet://local/owner',
  primitive_capabilities_required: ['prim:fs.read'],
  authority_scopes_requested: ['scope:repo.write'],
  resource_scope: {
    resources: ['file:///workspace/src/**'],
    constraints: { max_budget_usd: '10', expiry: '1800000000000' },
  },
  approval_required_for: ['commerce'],
  status: 'requested' as const,
};

export const AuthorityScopeRequestEnvelope = artifact({
  name: 'AuthorityScopeRequestEnvelope',
  source: SOURCE,
  summary:
    'Power an agent asks for. Made by the log itself for an act that lacks it, then bound to ' +
    'that act by `request_hash` and `policy_hash`, or asked for ahead of any act. `expiry` is ' +
    'Chain Time and says until when the power is wanted. Nothing follows from a request.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      authority_request_id: AuthorityRequestId,
      subject_id: AuthoritySubject,
      issuer_id: AuthorityIssuer,
      primitive_capabilities_required: Primitives,
      authority_scopes_requested: Scopes,
      resource_scope: Type.Object(
        {
          resources: Resources,
          constraints: Type.Object(
            { max_budget_usd: Type.Optional(DollarAmount), expiry: ChainTime },
            closed,
          ),
        },
        closed,
      ),
      approval_required_for: ApprovalClasses,
      policy_hash: Type.Optional(Digest),
      request_hash: Type.Optional(Digest),
      authority_grant_id: Type.Optional(GrantId),
      status: Type.Union([
        Type.Literal('requested'),
        Type.Literal('granted'),
        Type.Literal('denied'),
        Type.Literal('expired'),
        Type.Literal('revoked'),
      ]),
    },
    closed,
  ),
  examples: [request],
  refused: [
    { why: 'no scopes', value: { ...request, authority_scopes_requested: [] } },
    {
      why: 'wall-clock expiry',
      value: {
        ...request,
        resource_scope: {
          ...request.resource_scope,
          constraints: { expiry: '2026-05-01T00:00:00Z' },
        },
      },
    },
  ],
});

/** What bounds a grant or a certificate, in the same words. */
const bounds = {
  authority_scopes: Scopes,
  primitive_capability_constraints: Primitives,
  resources: Resources,
  constraints: Type.Object(
    {
      max_budget_usd: Type.Optional(DollarAmount),
      expires_at: ChainTime,
      max_calls: Type.Optional(Uint64),
    },
    closed,
  ),
  approval_required_for: ApprovalClasses,
  /** Digest of ActionRules; an act has to be let go by them as well. */
  region_hash: Type.Optional(Digest),
};

const bounded = {
  authority_scopes: ['scope:repo.write'],
  primitive_capability_constraints: ['prim:fs.read'],
  resources: ['file:///workspace/src/**'],
  constraints: { max_budget_usd: '10', expires_at: '1800000000000', max_calls: '5' },
  approval_required_for: ['commerce'],
};

const grant = {
  authority_grant_id: `grant_${ID}`,
  request_id: `authreq_${ID}`,
  issuer_id: 'wallet://local/owner',
  subject_id: 'agent://local/mcp',
  ...bounded,
  revocation_epoch: '0',
  status: 'active' as const,
};

export const AuthorityGrantEnvelope = artifact({
  name: 'AuthorityGrantEnvelope',
  source: SOURCE,
  summary:
    'Power given to one subject, until `expires_at` (Chain Time), for `max_calls` acts, for ' +
    '`max_budget_usd` in all; without a budget nothing may be spent. With `request_hash` it ' +
    'serves that one request under that `policy_hash`, once. With `certificate_id` it was given ' +
    'by the holder of that certificate and counts against it. Its id is that of its content. ' +
    'Hybrid class: valid only with both signatures of the owner, or of the certified key.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      authority_grant_id: GrantId,
      request_id: AuthorityRequestId,
      issuer_id: AuthorityIssuer,
      subject_id: AuthoritySubject,
      ...bounds,
      request_hash: Type.Optional(Digest),
      policy_hash: Type.Optional(Digest),
      certificate_id: Type.Optional(CertificateId),
      revocation_epoch: Uint64,
      status: Type.Union([
        Type.Literal('active'),
        Type.Literal('expired'),
        Type.Literal('revoked'),
      ]),
    },
    closed,
  ),
  examples: [
    grant,
    {
      ...grant,
      constraints: { expires_at: '1800000000000', max_calls: '1' },
      request_hash: HASH,
      policy_hash: HASH,
    },
  ],
  refused: [
    { why: 'no epoch', value: { ...grant, revocation_epoch: undefined } },
    {
      why: 'a budget as a number',
      value: { ...grant, constraints: { max_budget_usd: 10, expires_at: '1800000000000' } },
    },
    { why: 'a wildcard inside', value: { ...grant, resources: ['file:///*/src'] } },
  ],
});

const certificate = {
  certificate_id: `cert_${ID}`,
  subject_id: 'worker://local/builder',
  subject_key: {
    algorithm: 'hybrid-ed25519-ml-dsa-44' as const,
    ed25519: 'AAAA',
    ml_dsa_44: 'AA==',
  },
  ...bounded,
  revocation_epoch: '0',
};

export const DelegationCertificate = artifact({
  name: 'DelegationCertificate',
  source: 'whitepaper 7.3.3, 7.3.4',
  summary:
    'A key of a subordinate, bound to a narrowing of what its issuer may do: fewer scopes, ' +
    'resources within, no more budget, calls or time, a region inside. Without `parent_id` it is ' +
    "the owner's, else signed by the key of the parent. What is spent below it counts against " +
    'it. A key that is not hybrid is of a session and delegates no further. Its id is that of ' +
    'its content.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      certificate_id: CertificateId,
      parent_id: Type.Optional(CertificateId),
      subject_id: AuthoritySubject,
      subject_key: Type.Union([HybridPublicKey, Ed25519PublicKey]),
      ...bounds,
      revocation_epoch: Uint64,
    },
    closed,
  ),
  examples: [
    certificate,
    {
      ...certificate,
      parent_id: `cert_${ID}`,
      subject_key: { algorithm: 'ed25519' as const, key: 'AAAA' },
    },
  ],
  refused: [{ why: 'no key', value: { ...certificate, subject_key: undefined } }],
});
