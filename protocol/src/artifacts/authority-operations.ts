import Type from 'typebox';
import { artifact } from './artifact.ts';
import {
  AuthorityGrantEnvelope,
  AuthorityScopeRequestEnvelope,
  DelegationCertificate,
} from './authority-envelopes.ts';
import { exampleSignature } from './example-signature.ts';
import {
  AuthorityRequestId,
  CertificateId,
  closed,
  GrantId,
  HybridSignature,
  ShortText,
  Uint64,
} from './primitives.ts';

const SOURCE = 'whitepaper 7.3.4, 7.5';
const signature = exampleSignature(`sha256:${'5e'.repeat(32)}`);
const ID = '4d'.repeat(16);

export const RequestScopes = artifact({
  name: 'RequestScopes',
  source: SOURCE,
  summary: 'Payload of `wallet/scope.request`: an agent asks for power ahead of any act.',
  artifactClass: 'enforceable',
  schema: Type.Object({ request: AuthorityScopeRequestEnvelope.schema }, closed),
  examples: [{ request: AuthorityScopeRequestEnvelope.examples[0]! }],
  refused: [{ why: 'no request', value: {} }],
});

export const IssueGrant = artifact({
  name: 'IssueGrant',
  source: SOURCE,
  summary:
    'Payload of `wallet/grant.issue`: what was asked for is given, or less of it. Signed by the ' +
    'owner, or by the key of the certificate that the grant names.',
  artifactClass: 'enforceable',
  schema: Type.Object({ grant: AuthorityGrantEnvelope.schema, signature: HybridSignature }, closed),
  examples: [{ grant: AuthorityGrantEnvelope.examples[0]!, signature }],
  refused: [{ why: 'unsigned', value: { grant: AuthorityGrantEnvelope.examples[0]! } }],
});

const denial = { authority_request_id: `authreq_${ID}`, note: 'not on a Friday' };

export const DenyGrant = artifact({
  name: 'DenyGrant',
  source: SOURCE,
  summary:
    'Payload of `wallet/grant.deny`, signed by the owner: the request ends, and with it the act ' +
    'that waits for it.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      denial: Type.Object(
        { authority_request_id: AuthorityRequestId, note: Type.Optional(ShortText) },
        closed,
      ),
      signature: HybridSignature,
    },
    closed,
  ),
  examples: [{ denial, signature }],
  refused: [{ why: 'unsigned', value: { denial } }],
});

const grantEnd = { authority_grant_id: `grant_${ID}` };

export const RevokeGrant = artifact({
  name: 'RevokeGrant',
  source: SOURCE,
  summary:
    'Payload of `wallet/grant.revoke`: from the next entry on nothing is done under this grant. ' +
    'Signed by the owner, or by a key above the grant.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      revocation: Type.Object({ authority_grant_id: GrantId }, closed),
      signature: HybridSignature,
    },
    closed,
  ),
  examples: [{ revocation: grantEnd, signature }],
  refused: [{ why: 'unsigned', value: { revocation: grantEnd } }],
});

export const AdvanceEpoch = artifact({
  name: 'AdvanceEpoch',
  source: 'whitepaper 2.6.7, 7.3.3',
  summary:
    'Payload of `wallet/epoch.advance`, signed by the owner: every grant, certificate and ' +
    'approval of an earlier epoch is void from the next entry on. `revocation_epoch` is one more ' +
    'than it was.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    { advance: Type.Object({ revocation_epoch: Uint64 }, closed), signature: HybridSignature },
    closed,
  ),
  examples: [{ advance: { revocation_epoch: '1' }, signature }],
  refused: [{ why: 'unsigned', value: { advance: { revocation_epoch: '1' } } }],
});

export const IssueCertificate = artifact({
  name: 'IssueCertificate',
  source: SOURCE,
  summary:
    'Payload of `wallet/certificate.issue`: a key may use, and where it is hybrid hand on, this ' +
    'much and no more.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    { certificate: DelegationCertificate.schema, signature: HybridSignature },
    closed,
  ),
  examples: [{ certificate: DelegationCertificate.examples[0]!, signature }],
  refused: [{ why: 'unsigned', value: { certificate: DelegationCertificate.examples[0]! } }],
});

const certificateEnd = { certificate_id: `cert_${ID}` };

export const RevokeCertificate = artifact({
  name: 'RevokeCertificate',
  source: SOURCE,
  summary:
    'Payload of `wallet/certificate.revoke`: this certificate ends, and all that hangs below it. ' +
    'Signed by the owner, or by a key above it.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      revocation: Type.Object({ certificate_id: CertificateId }, closed),
      signature: HybridSignature,
    },
    closed,
  ),
  examples: [{ revocation: certificateEnd, signature }],
  refused: [{ why: 'unsigned', value: { revocation: certificateEnd } }],
});
