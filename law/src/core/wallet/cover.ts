import type { Digest } from '@ioi/canon';
import type { ActionRequest, HeadKey, RuntimeToolContract, View } from '@ioi/protocol';
import { readTotal, unscaleAmount } from '../policy/money.ts';
import type { Subject } from '../policy/subject.ts';
import type { AuthorityUse } from './authority-events.ts';
import { dollars } from './bounds.ts';
import { type CertificateHead, type GrantHead, type Remaining, walletKeys } from './heads.ts';
import { allWithin, resourcesOf } from './resources.ts';

/** What an act takes, as grants speak of it. */
export type ScopedAct = {
  readonly subjectId: string;
  readonly scopes: readonly string[];
  readonly primitives: readonly string[];
  readonly resources: readonly string[];
  readonly riskClass: RuntimeToolContract['risk_class'];
  /** US dollars times 10^18; undefined where what it pays is not known in dollars. */
  readonly spend: bigint | undefined;
  readonly requestHash: Digest;
  readonly policyHash: Digest | undefined;
};

type Asked = {
  readonly request: ActionRequest;
  readonly subject: Subject;
  readonly contract: RuntimeToolContract;
};

export function scopedAct(
  { request, subject, contract }: Asked,
  hashes: Pick<ScopedAct, 'requestHash' | 'policyHash'>,
): ScopedAct {
  return {
    subjectId: request.context.agent_id,
    scopes: contract.authority_scopes,
    primitives: contract.primitive_capabilities,
    resources: resourcesOf(request, subject, contract),
    riskClass: contract.risk_class,
    spend: spendOf(request),
    ...hashes,
  };
}

/** What a transaction of a chain moves, and its fee, is no amount of dollars. */
const ON_CHAIN = /^wallet::(?:send|sign)(?:::|$)/;

function spendOf({ target, params }: ActionRequest): bigint | undefined {
  if (ON_CHAIN.test(target)) return undefined;
  if (params['amount'] === undefined && params['line_items'] === undefined) return 0n;
  const total = readTotal(params);
  return total?.money.unit.toLowerCase() === 'usd' ? total.scaled : undefined;
}

/** A grant with all that it hangs by, and when it is looked at. */
export type Standing = {
  readonly grant: GrantHead;
  readonly certificates: readonly CertificateHead[];
  readonly revocationEpoch: string;
  readonly chainTime: bigint;
};

/** Heads that say whether a grant is in force. */
export function standingKeys(grantId: string, view: View): HeadKey[] {
  const key = walletKeys.grant(grantId);
  const path = view.get<GrantHead>(key)?.path ?? [];
  return [key, ...path.map(walletKeys.certificate)];
}

/** Undefined where there is no such grant. */
export function standingOf(
  grantId: string,
  view: View,
  now: Pick<Standing, 'revocationEpoch' | 'chainTime'>,
): Standing | undefined {
  const grant = view.get<GrantHead>(walletKeys.grant(grantId));
  if (!grant) return undefined;
  const certificates = certificatesAt(grant.path, view);
  return certificates && { grant, certificates, ...now };
}

export function certificatesAt(path: readonly string[], view: View): CertificateHead[] | undefined {
  const heads = path.flatMap((id) => view.get<CertificateHead>(walletKeys.certificate(id)) ?? []);
  return heads.length === path.length ? heads : undefined;
}

/**
 * Why an act may not be done under a grant: the member that does not hold, with the certificate it
 * is of. Undefined where it may. That a certificate is a narrowing of the one above it was seen to
 * when it was issued; what is left of it, and whether it stands, is looked at every time, along the
 * path: one head each, however many others hang below.
 */
export function refusalUnder(standing: Standing, act: ScopedAct): string | undefined {
  const { grant, remaining } = standing.grant;
  if (grant.subject_id !== act.subjectId) return 'subject_id';
  if (!act.scopes.every((each) => (grant.authority_scopes as string[]).includes(each))) {
    return 'authority_scopes';
  }
  const able: readonly string[] = grant.primitive_capability_constraints;
  if (!act.primitives.every((each) => able.includes(each))) {
    return 'primitive_capability_constraints';
  }
  if (!allWithin(grant.resources, act.resources)) return 'resources';
  if (grant.request_hash !== undefined && grant.request_hash !== act.requestHash) {
    return 'request_hash';
  }
  if (grant.policy_hash !== undefined && grant.policy_hash !== act.policyHash) {
    return 'policy_hash';
  }
  // Whoever granted exactly this act has seen what it moves.
  const isThisAct = grant.request_hash !== undefined && act.spend === undefined;
  const spent = spentUnder(remaining, isThisAct ? { ...act, spend: 0n } : act);
  return notStanding(grant, standing) ?? spent ?? refusalAbove(standing, act);
}

function refusalAbove(standing: Standing, act: ScopedAct): string | undefined {
  for (const { certificate, status, remaining } of standing.certificates) {
    const why = notStanding({ ...certificate, status }, standing) ?? spentUnder(remaining, act);
    if (why !== undefined) return `${certificate.certificate_id}: ${why}`;
  }
  return undefined;
}

type Given = {
  readonly status: string;
  readonly revocation_epoch: string;
  readonly constraints: { readonly expires_at: string };
};

/** Why what was given no longer is, whatever it is wanted for. */
export function notStanding(
  { status, revocation_epoch, constraints }: Given,
  { revocationEpoch, chainTime }: Pick<Standing, 'revocationEpoch' | 'chainTime'>,
): string | undefined {
  if (status !== 'active') return 'status';
  if (revocation_epoch !== revocationEpoch) return 'revocation_epoch';
  return BigInt(constraints.expires_at) <= chainTime ? 'constraints.expires_at' : undefined;
}

function spentUnder(remaining: Remaining, { spend }: ScopedAct): string | undefined {
  if (remaining.calls === '0') return 'constraints.max_calls';
  if (spend === 0n) return undefined;
  const isEnough = spend !== undefined && spend <= dollars(remaining.budget_usd);
  return isEnough ? undefined : 'constraints.max_budget_usd';
}

/** What doing it takes. */
export function useOf(
  { grant: { grant, path } }: Standing,
  { spend = 0n }: ScopedAct,
): AuthorityUse {
  const { authority_grant_id, subject_id } = grant;
  return {
    authority_grant_id,
    subject_id,
    certificate_ids: path,
    spend_usd: unscaleAmount(spend),
  };
}

/** Whether a person has to look at it all the same: by its scopes, or the risk of its tool. */
export function asksApproval(
  { grant: { grant }, certificates }: Standing,
  act: ScopedAct,
): boolean {
  const classes = [grant, ...certificates.map((each) => each.certificate)].flatMap(
    (each) => each.approval_required_for,
  );
  return classes.some((name) => {
    return act.riskClass === name || act.scopes.some((scope) => isOfClass(scope, name));
  });
}

function isOfClass(scope: string, name: string): boolean {
  return scope === `scope:${name}` || scope.startsWith(`scope:${name}.`);
}
