import { assert } from '@ioi/basis';
import type { HeadChange, HeadKey, View } from '@ioi/protocol';
import { unscaleAmount } from '../policy/money.ts';
import type { AuthorityEvent, AuthorityUse } from './authority-events.ts';
import { dollars } from './bounds.ts';
import {
  type CertificateHead,
  type GrantHead,
  type HoldingHead,
  type Remaining,
  type RequestHead,
  walletKeys,
} from './heads.ts';

export function touchesAuthority(event: AuthorityEvent): readonly HeadKey[] {
  switch (event.type) {
    case 'authority.requested':
      return requestKeys(event.request.authority_request_id);
    case 'authority.closed':
      return requestKeys(event.authority_request_id);
    case 'authority.used':
    case 'authority.released':
      return [
        walletKeys.grant(event.use.authority_grant_id),
        walletKeys.holding(event.use.subject_id),
        ...event.use.certificate_ids.map(walletKeys.certificate),
      ];
  }
}

export function requestKeys(id: string): HeadKey[] {
  return [walletKeys.request(id), walletKeys.asked(id)];
}

/** Pure and total: what an act takes is checked before, in the same commit. */
export function evolveAuthority(view: View, event: AuthorityEvent): readonly HeadChange[] {
  switch (event.type) {
    case 'authority.requested': {
      const { request } = event;
      const id = request.authority_request_id;
      return [
        { key: walletKeys.request(id), value: { request } },
        { key: walletKeys.asked(id), value: { subject_id: request.subject_id } },
      ];
    }
    case 'authority.closed':
      return closeRequest(view, event.authority_request_id, { status: event.status });
    case 'authority.used':
      return counted(view, event.use, -1n);
    case 'authority.released':
      return counted(view, event.use, 1n);
  }
}

type Closing = Partial<Pick<RequestHead['request'], 'status' | 'authority_grant_id'>>;

/** One that was answered stays as it was answered. */
export function closeRequest(view: View, id: string, closing: Closing): HeadChange[] {
  const head = view.get<RequestHead>(walletKeys.request(id));
  if (head?.request.status !== 'requested') return [];
  const request = { ...head.request, ...closing };
  return [
    { key: walletKeys.request(id), value: { request } },
    { key: walletKeys.asked(id), value: undefined },
  ];
}

function counted(view: View, use: AuthorityUse, sign: 1n | -1n): HeadChange[] {
  const change = { calls: sign, spend: sign * dollars(use.spend_usd) };
  const key = walletKeys.grant(use.authority_grant_id);
  const head = view.get<GrantHead>(key);
  assert(head !== undefined, 'what is used was granted');
  const remaining = changed(head.remaining, change);
  const above = use.certificate_ids.map((id) => {
    const certificateKey = walletKeys.certificate(id);
    const certificate = view.get<CertificateHead>(certificateKey);
    assert(certificate !== undefined, 'a grant hangs by certificates that were issued');
    const left = changed(certificate.remaining, change);
    return { key: certificateKey, value: { ...certificate, remaining: left } };
  });
  const held = remaining.calls !== '0' && head.grant.status === 'active';
  return [
    { key, value: { ...head, remaining } },
    holdingChange(view, { subjectId: use.subject_id, grantId: use.authority_grant_id, held }),
    ...above,
  ];
}

function changed(
  { calls, budget_usd }: Remaining,
  change: { readonly calls: bigint; readonly spend: bigint },
): Remaining {
  const callsLeft = calls === undefined ? undefined : BigInt(calls) + change.calls;
  const left = dollars(budget_usd) + change.spend;
  assert(left >= 0n && (callsLeft ?? 0n) >= 0n, 'no more is taken than was left');
  return {
    ...(callsLeft === undefined ? {} : { calls: String(callsLeft) }),
    ...(budget_usd === undefined ? {} : { budget_usd: unscaleAmount(left) }),
  };
}

type Held = { readonly subjectId: string; readonly grantId: string; readonly held: boolean };

/** What is used up is no longer held, and held again when the last use is given back. */
export function holdingChange(view: View, { subjectId, grantId, held }: Held): HeadChange {
  const key = walletKeys.holding(subjectId);
  const { grants } = view.get<HoldingHead>(key) ?? { grants: [] };
  const isHeld = grants.includes(grantId);
  if (held === isHeld) return { key, value: grants.length === 0 ? undefined : { grants } };
  const now = held ? [...grants, grantId] : grants.filter((each) => each !== grantId);
  return { key, value: now.length === 0 ? undefined : { grants: now } };
}
