import {
  AuthorityGrantEnvelope,
  AuthorityScopeRequestEnvelope,
  DelegationCertificate,
} from '../artifacts/authority-envelopes.ts';
import { SetApprovalRules } from '../artifacts/factors.ts';
import { PktLeaseIssue } from '../artifacts/pkt-envelope.ts';
import {
  anyValue,
  declare,
  flag,
  json,
  list,
  mapOf,
  object,
  of,
  oneOf,
  operations,
  optional,
  text,
} from './declare.ts';
import { nextCursor, PAGED } from './paging.ts';
import { SEALING } from './problem.ts';

export const ScopeRequestsPage = declare(
  'ScopeRequestsPage',
  'What nobody answered yet.',
  object({ requests: list(of(AuthorityScopeRequestEnvelope)), next_cursor: nextCursor }),
);

export const WantedScopes = declare(
  'WantedScopes',
  'What an agent wants to be allowed, ahead of any act.',
  object({
    subject_id: text(),
    authority_scopes: list(text()),
    primitive_capabilities: list(text()),
    resources: list(text()),
    max_budget_usd: optional(text()),
    expiry: optional(text('Chain Time; a day from now unless told.')),
  }),
);

export const AskedScopes = declare(
  'AskedScopes',
  'The request as the log has it. It gives nothing.',
  object({ request: of(AuthorityScopeRequestEnvelope) }),
);

export const SignedAuthority = declare(
  'SignedAuthority',
  'What the key of a certificate signed.',
  object({
    operation: oneOf(['grant.issue', 'grant.revoke', 'certificate.issue', 'certificate.revoke']),
    payload: mapOf(anyValue()),
    region: optional(text('Canonical text of the policy that it is bound to.')),
  }),
);

const held = {
  remaining: object(
    { calls: optional(text()), budget_usd: optional(text()) },
    'What is left of it; of what has no bound nothing is counted.',
  ),
  path: list(text(), "Certificates above it, the owner's first."),
  ended: optional(text('The member by which it ended; absent where it is in force.')),
};

export const ShownGrant = declare(
  'ShownGrant',
  'A grant, and whether it is in force.',
  object({ ...held, grant: of(AuthorityGrantEnvelope) }),
);

export const ShownCertificate = declare(
  'ShownCertificate',
  'A certificate of delegation, and whether it is in force.',
  object({ ...held, certificate: of(DelegationCertificate) }),
);

export const GrantsPage = declare(
  'GrantsPage',
  'Grants as the log has them.',
  object({ revocation_epoch: text(), grants: list(of(ShownGrant)), next_cursor: nextCursor }),
);

export const CertificatesPage = declare(
  'CertificatesPage',
  'Certificates of delegation as the log has them.',
  object({ certificates: list(of(ShownCertificate)), next_cursor: nextCursor }),
);

const { low, high, rules } = SetApprovalRules.schema.properties.setting.properties;
const approver = { factor_id: text(), label: text(), acts_as: list(text()) };

export const ApproversPage = declare(
  'ApproversPage',
  "Who may approve beside the owner's own key, and how many of them an act takes.",
  object({
    passkeys: list(
      object({
        ...approver,
        algorithm: text('`es256`, `ed25519` or `ml-dsa-44`.'),
        origin: text('Of the page it signs on.'),
        out_of_band: flag('Whether that is a page of another device.'),
      }),
    ),
    levels: list(object({ ...approver, kind: oneOf(['sign_in', 'group']) })),
    rules: optional(
      object({ low, high, rules }, 'Absent where one approval is enough for every act.'),
    ),
  }),
);

const AUTHORITY = ['authority.*', 'grant.*', 'certificate.*', 'wallet.*', 'lease.*', ...SEALING];

export const walletOperations = operations('wallet', [
  {
    route: 'GET /v1/wallet/requests',
    id: 'listScopeRequests',
    role: 'auditor',
    summary: 'Requests for authority that nobody answered yet',
    query: PAGED,
    answers: { 200: json(of(ScopeRequestsPage)) },
    problems: { 400: ['cursor.invalid'] },
  },
  {
    route: 'POST /v1/wallet/requests',
    once: true,
    id: 'requestScopes',
    role: 'owner',
    summary: 'Ask to be allowed something, ahead of any act',
    body: of(WantedScopes),
    answers: { 201: json(of(AskedScopes)) },
    problems: { 400: ['request.invalid'], 409: AUTHORITY },
  },
  {
    route: 'POST /v1/wallet/lease',
    once: true,
    id: 'requestLease',
    role: 'owner',
    summary: 'The same as PKT_LEASE_ISSUE (whitepaper 6.3)',
    body: of(PktLeaseIssue),
    answers: { 201: json(of(AskedScopes)) },
    problems: { 400: ['request.invalid'], 409: AUTHORITY },
  },
  {
    route: 'POST /v1/wallet/signed',
    once: true,
    id: 'bringSigned',
    role: 'owner',
    summary: 'Bring what a Manager signed with the key of a certificate',
    body: of(SignedAuthority),
    answers: { 201: json(object({ seq: text() })) },
    problems: { 400: ['request.invalid', 'operation.unknown'], 409: AUTHORITY },
  },
  {
    route: 'GET /v1/wallet/grants',
    id: 'listGrants',
    role: 'auditor',
    summary: 'Grants, and whether they are in force',
    query: PAGED,
    answers: { 200: json(of(GrantsPage)) },
    problems: { 400: ['cursor.invalid'] },
  },
  {
    route: 'GET /v1/wallet/certificates',
    id: 'listCertificates',
    role: 'auditor',
    summary: 'Certificates of delegation, and whether they are in force',
    query: PAGED,
    answers: { 200: json(of(CertificatesPage)) },
    problems: { 400: ['cursor.invalid'] },
  },
  {
    route: 'GET /v1/wallet/approvers',
    id: 'listApprovers',
    role: 'auditor',
    summary: 'Who may approve, as the log has it',
    answers: { 200: json(of(ApproversPage)) },
  },
]);
