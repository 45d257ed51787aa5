import { assert } from '@ioi/basis';
import type { HeadChange, HeadKey, Stamp, View } from '@ioi/protocol';
import { evolve as evolveBoundary, touches as touchesBoundary } from '../boundary/evolve.ts';
import { keys, type NodeHead } from '../boundary/heads.ts';
import { type PrincipalHead, principalKey } from '../ledger/index.ts';
import type { WalletEvent, WalletEventOf } from './events.ts';
import {
  closeRequest,
  evolveAuthority,
  holdingChange,
  requestKeys,
  touchesAuthority,
} from './evolve-authority.ts';
import {
  type CertificateHead,
  type CertifiedHead,
  type GrantHead,
  type Remaining,
  walletKeys,
} from './heads.ts';

/** What the key of a certificate may speak in the node's log. */
const SPOKEN: readonly string[] = ['wallet/scope.request'];

/** Keys an event changes, or reads to change them. */
export function touches(event: WalletEvent): readonly HeadKey[] {
  switch (event.type) {
    case 'grant.issued': {
      const { authority_grant_id, request_id, subject_id } = event.grant;
      const own = [walletKeys.grant(authority_grant_id), walletKeys.holding(subject_id)];
      return [...own, ...requestKeys(request_id)];
    }
    case 'grant.revoked':
      return [walletKeys.grant(event.authority_grant_id), walletKeys.holding(event.subject_id)];
    case 'revocation_epoch.advanced':
      return [keys.node];
    case 'certificate.issued': {
      const { certificate_id, subject_id } = event.certificate;
      const own = [walletKeys.certificate(certificate_id), walletKeys.certified(subject_id)];
      return [...own, principalKey(event.key_id)];
    }
    case 'certificate.revoked':
      return [walletKeys.certificate(event.certificate_id)];
    case 'receipt.emitted':
      return touchesBoundary(event);
    default:
      return touchesAuthority(event);
  }
}

/** The fold: how each event changes the heads. Pure and total. */
export function evolve(view: View, event: WalletEvent, at: Stamp): readonly HeadChange[] {
  switch (event.type) {
    case 'grant.issued':
      return issued(view, event);
    case 'grant.revoked':
      return revoked(view, event);
    case 'revocation_epoch.advanced': {
      const node = view.get<NodeHead>(keys.node);
      assert(node !== undefined, 'only a node with a genesis has an epoch');
      return [{ key: keys.node, value: { ...node, revocation_epoch: event.revocation_epoch } }];
    }
    case 'certificate.issued':
      return certified(view, event);
    case 'certificate.revoked': {
      const key = walletKeys.certificate(event.certificate_id);
      const head = view.get<CertificateHead>(key);
      assert(head !== undefined, 'what is revoked was issued');
      return [{ key, value: { ...head, status: 'revoked' } }];
    }
    case 'receipt.emitted':
      return evolveBoundary(view, event, at);
    default:
      return evolveAuthority(view, event);
  }
}

function issued(view: View, { grant, path, holding }: WalletEventOf<'grant.issued'>): HeadChange[] {
  const { authority_grant_id, request_id, subject_id, constraints } = grant;
  const head: GrantHead = { grant, path, remaining: remainingOf(constraints) };
  const answered = { status: 'granted', authority_grant_id } as const;
  return [
    { key: walletKeys.grant(authority_grant_id), value: head },
    { key: walletKeys.holding(subject_id), value: { grants: holding } },
    ...closeRequest(view, request_id, answered),
  ];
}

function remainingOf({
  max_calls,
  max_budget_usd,
}: WalletEventOf<'grant.issued'>['grant']['constraints']): Remaining {
  return {
    ...(max_calls === undefined ? {} : { calls: max_calls }),
    ...(max_budget_usd === undefined ? {} : { budget_usd: max_budget_usd }),
  };
}

function revoked(view: View, event: WalletEventOf<'grant.revoked'>): HeadChange[] {
  const { authority_grant_id: grantId, subject_id: subjectId } = event;
  const key = walletKeys.grant(grantId);
  const head = view.get<GrantHead>(key);
  assert(head !== undefined, 'what is revoked was given');
  const value: GrantHead = { ...head, grant: { ...head.grant, status: 'revoked' } };
  return [{ key, value }, holdingChange(view, { subjectId, grantId, held: false })];
}

function certified(view: View, event: WalletEventOf<'certificate.issued'>): HeadChange[] {
  const { certificate, key_id, signature, path } = event;
  const { certificate_id, subject_id, subject_key, constraints } = certificate;
  const remaining = remainingOf(constraints);
  const head: CertificateHead = { certificate, signature, path, remaining, status: 'active' };
  const key = walletKeys.certified(subject_id);
  const before = view.get<CertifiedHead>(key)?.certificates;
  const principal: PrincipalHead = { public_key: subject_key, operations: SPOKEN };
  return [
    { key: walletKeys.certificate(certificate_id), value: head },
    { key, value: { certificates: { ...before, [key_id]: certificate_id } } },
    { key: principalKey(key_id), value: principal },
  ];
}
