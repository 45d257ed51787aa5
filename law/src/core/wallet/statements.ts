import { ok, type Result } from '@ioi/basis';
import type {
  AuthorityGrantEnvelope,
  AuthorityScopeRequestEnvelope,
  DelegationCertificate,
  Rejection,
  View,
} from '@ioi/protocol';
import type { NodeHead } from '../boundary/heads.ts';
import type { WalletStatement } from '../governance/signable.ts';
import { printChainTime } from '../policy/chain-time.ts';
import { type CertificateHead, type GrantHead, type RequestHead, walletKeys } from './heads.ts';
import { contentId, ownerIssuerOf, reject } from './signed.ts';

type Asked = Readonly<Record<string, unknown>>;
type Known = { readonly node: NodeHead; readonly view: View };
type Complete = (asked: Asked, known: Known) => Result<object, Rejection>;

/** What heads say of authority replaces what was asked; ids follow from what is signed. */
export const walletCompletions: Readonly<Record<WalletStatement, Complete>> = {
  'grant.issue': (asked, known) => {
    const request = requestIn(asked, known);
    return request.ok ? ok(grantOver(request.value, asked, known)) : request;
  },
  'grant.deny': (asked, known) => {
    const request = requestIn(asked, known);
    return request.ok ? ok({ ...asked }) : request;
  },
  'grant.revoke': (asked) => ok({ ...asked }),
  'epoch.advance': (_, { node }) => {
    return ok({ revocation_epoch: String(BigInt(node.revocation_epoch) + 1n) });
  },
  'certificate.issue': (asked, { node }) => {
    const content = {
      approval_required_for: [],
      ...asked,
      revocation_epoch: node.revocation_epoch,
    };
    return ok({ certificate_id: contentId('cert', content), ...content });
  },
  'certificate.revoke': (asked) => ok({ ...asked }),
};

function requestIn(
  { authority_request_id: id }: Asked,
  { view }: Known,
): Result<AuthorityScopeRequestEnvelope, Rejection> {
  const head = view.get<RequestHead>(walletKeys.request(String(id)));
  if (head) return ok(head.request);
  return reject('authority.unknown', `nobody asked for ${String(id)}`);
}

/**
 * What was asked for, but for what the owner says otherwise. For an act that waits it serves that
 * act alone, once, unless the owner makes it a `lease`.
 */
function grantOver(
  request: AuthorityScopeRequestEnvelope,
  { lease, authority_request_id: _, constraints, ...terms }: Asked,
  { node }: Known,
): object {
  const { resources, constraints: wanted } = request.resource_scope;
  const { expiry, ...budget } = wanted;
  const { request_hash, policy_hash } = request;
  const isOnce = request_hash !== undefined && lease !== true;
  const once = isOnce && policy_hash !== undefined ? { request_hash, policy_hash } : {};
  const content = {
    request_id: request.authority_request_id,
    issuer_id: ownerIssuerOf(node.node_id),
    subject_id: request.subject_id,
    authority_scopes: request.authority_scopes_requested,
    primitive_capability_constraints: request.primitive_capabilities_required,
    resources,
    approval_required_for: request.approval_required_for,
    ...terms,
    constraints: {
      ...budget,
      expires_at: expiry,
      ...(isOnce ? { max_calls: '1' } : {}),
      ...(typeof constraints === 'object' ? constraints : {}),
    },
    ...once,
    revocation_epoch: node.revocation_epoch,
    status: 'active',
  };
  return { authority_grant_id: contentId('grant', content), ...content };
}

/** What each statement says, beside what is there now. */
export const walletWords: Readonly<
  Record<WalletStatement, (statement: never, view: View) => string[]>
> = {
  'grant.issue': grantWords,
  'grant.deny': denyWords,
  'grant.revoke': revokeWords,
  'epoch.advance': ({ revocation_epoch }: { revocation_epoch: string }) => [
    `the revocation epoch becomes ${revocation_epoch}`,
    'every grant, lease, certificate and approval given before is void from then on',
  ],
  'certificate.issue': certificateWords,
  'certificate.revoke': endWords,
};

function grantWords(grant: AuthorityGrantEnvelope, view: View): string[] {
  const asked = view.get<RequestHead>(walletKeys.request(grant.request_id))?.request;
  const once = grant.request_hash;
  return [
    `${grant.subject_id} may do this:`,
    ...boundWords(grant),
    once === undefined ? 'for as many acts as that allows' : `for the one act ${once}, once`,
    ...beyond(grant, asked),
  ];
}

/** The owner may give more than was asked for, and is told where. */
function beyond(
  { authority_scopes, resources }: AuthorityGrantEnvelope,
  asked: AuthorityScopeRequestEnvelope | undefined,
): string[] {
  const wanted: readonly string[] = asked?.authority_scopes_requested ?? [];
  const places: readonly string[] = asked?.resource_scope.resources ?? [];
  const more = [
    ...authority_scopes.filter((each) => !wanted.includes(each)),
    ...resources.filter((each) => !places.includes(each)),
  ];
  return more.map((each) => `+ ${each} was not asked for`);
}

type Bound = Pick<
  AuthorityGrantEnvelope,
  | 'authority_scopes'
  | 'primitive_capability_constraints'
  | 'resources'
  | 'constraints'
  | 'approval_required_for'
  | 'region_hash'
>;

function boundWords(bound: Bound): string[] {
  const { max_calls, max_budget_usd, expires_at } = bound.constraints;
  const { approval_required_for: asks, region_hash: region } = bound;
  return [
    ...bound.authority_scopes,
    ...bound.primitive_capability_constraints,
    ...bound.resources.map((each) => `on ${each}`),
    `spending ${max_budget_usd === undefined ? 'nothing' : `at most ${max_budget_usd} usd`}`,
    `calls ${max_calls ?? 'without a bound'}`,
    `until ${printChainTime(BigInt(expires_at))}`,
    ...(region === undefined ? [] : [`and of that only what the policy ${region} allows`]),
    ...(asks.length === 0 ? [] : [`asking a person for ${asks.join(', ')}`]),
  ];
}

function denyWords({ authority_request_id: id }: { authority_request_id: string }, view: View) {
  const asked = view.get<RequestHead>(walletKeys.request(id))?.request;
  const waiting =
    asked?.request_hash === undefined ? [] : [`and the act ${asked.request_hash} ends`];
  return [`${asked?.subject_id} gets nothing of what it asked for`, ...waiting];
}

function revokeWords({ authority_grant_id: id }: { authority_grant_id: string }, view: View) {
  const head = view.get<GrantHead>(walletKeys.grant(id));
  return [
    `${head?.grant.subject_id} may no longer do this:`,
    ...(head ? boundWords(head.grant) : []),
  ];
}

function certificateWords(certificate: DelegationCertificate): string[] {
  const { subject_id, subject_key } = certificate;
  const isManager = subject_key.algorithm !== 'ed25519';
  const kind = isManager ? 'may use this, and hand on parts of it' : 'may use this';
  return [`a key of ${subject_id} ${kind}:`, ...boundWords(certificate)];
}

function endWords({ certificate_id: id }: { certificate_id: string }, view: View): string[] {
  const head = view.get<CertificateHead>(walletKeys.certificate(id));
  const subject = head?.certificate.subject_id;
  return [`the certificate of ${subject} ends, with all that hangs below it`];
}
