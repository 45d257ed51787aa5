import { printChainTime } from '@ioi/law';
import type { AuthorityScopeRequestEnvelope, ShownCertificate, ShownGrant } from '@ioi/protocol';
import { visible } from './visible.ts';

/** What is asked for, and what to do about it. */
export function requestLines(request: AuthorityScopeRequestEnvelope): string[] {
  const { authority_request_id: id, subject_id, resource_scope, request_hash } = request;
  const { expiry, max_budget_usd } = resource_scope.constraints;
  const about = request_hash === undefined ? 'ahead of any act' : `for the act ${request_hash}`;
  const lines = [
    `${id}  ${subject_id}, ${about}`,
    `  ${request.authority_scopes_requested.join(' ')}`,
    ...resource_scope.resources.map((each) => `  on ${each}`),
    ...(max_budget_usd === undefined ? [] : [`  spending ${max_budget_usd} usd`]),
    `  wanted until ${printChainTime(BigInt(expiry))}`,
    `  next: ioi wallet grant ${id}    or: ioi wallet deny-request ${id}`,
  ];
  return lines.map((line) => visible(line));
}

export function grantLines({ grant, remaining, path, ended }: ShownGrant): string[] {
  const { authority_grant_id: id, subject_id, request_hash } = grant;
  const kind = request_hash === undefined ? 'lease' : 'one act';
  return [
    `${id}  ${subject_id}  ${kind}${endText(ended)}`,
    `  ${grant.authority_scopes.join(' ')}`,
    ...grant.resources.map((each) => `  on ${each}`),
    `  left: ${leftText(remaining, grant.constraints)}`,
    ...(path.length === 0 ? [] : [`  under ${path.join(' ')}`]),
  ].map((line) => visible(line));
}

export function certificateLines(shown: ShownCertificate): string[] {
  const { certificate, remaining, path, ended } = shown;
  const { certificate_id: id, subject_id, subject_key } = certificate;
  const kind = subject_key.algorithm === 'ed25519' ? 'session key' : 'manager';
  const indent = '  '.repeat(path.length);
  return [
    `${id}  ${subject_id}  ${kind}${endText(ended)}`,
    `  ${certificate.authority_scopes.join(' ')}`,
    ...certificate.resources.map((each) => `  on ${each}`),
    `  left: ${leftText(remaining, certificate.constraints)}`,
  ].map((line) => visible(`${indent}${line}`));
}

function endText(ended: string | undefined): string {
  return ended === undefined ? '' : `  ended: ${ended}`;
}

function leftText(
  { calls, budget_usd }: ShownGrant['remaining'],
  { expires_at }: { readonly expires_at: string },
): string {
  const acts = calls === undefined ? 'any number of acts' : `${calls} acts`;
  const money = budget_usd === undefined ? 'nothing to spend' : `${budget_usd} usd`;
  return `${acts}, ${money}, until ${printChainTime(BigInt(expires_at))}`;
}
