import type { ProjectionDefinition } from '@ioi/protocol';
import { governance } from './audit-governance.ts';
import { noted, type Relational, type RowRule, type Where } from './audit-row.ts';

const BODY = '/event/receipt/body';
const VERDICT = `${BODY}/verdict/kind`;
const DECISION = { at: '/event/receipt/receipt_type', is: 'policy' };
const EXECUTION = { at: '/event/receipt/receipt_type', is: 'tool_execution' };

const decided = (kind: string, ...where: Where): RowRule =>
  noted({
    on: 'receipt.emitted',
    kind,
    about: '/event/receipt/receipt_id',
    where: [DECISION, ...where],
    set: {
      agent_id: '/event/receipt/actor_id',
      request_hash: `${BODY}/request_hash`,
      contract_hash: '/event/contract_hash',
      policy_hash: `${BODY}/policy_hash`,
      rule_id: `${BODY}/rule_id`,
      result: VERDICT,
      code: `${BODY}/code`,
    },
  });

const DENIALS = ['approval.denied', 'approval.expired', 'approval.cancelled', 'approval.edited'];

/** A later rule wins: an approved or denied request is no mere decision. */
const decisions: readonly RowRule[] = [
  decided('decision'),
  decided('approval', { at: VERDICT, is: 'Approved' }),
  ...DENIALS.map((code) => decided('approval', { at: `${BODY}/code`, is: code })),
];

const uses: readonly RowRule[] = [
  noted({
    on: 'receipt.emitted',
    kind: 'execution',
    about: '/event/receipt/receipt_id',
    where: [EXECUTION],
    set: {
      agent_id: '/event/receipt/actor_id',
      request_hash: `${BODY}/request_hash`,
      contract_hash: `${BODY}/contract_hash`,
      result: `${BODY}/outcome`,
      code: `${BODY}/error_class`,
    },
  }),
  noted({
    on: 'action.committed',
    kind: 'spend',
    about: '/event/committed/request_hash',
    budget: '/event/committed/reservations/0/budget_id',
    set: {
      request_hash: '/event/committed/request_hash',
      contract_hash: '/event/committed/contract_hash',
      policy_hash: '/event/committed/policy_hash',
      units: '/event/committed/reservations',
      result: { value: 'reserved' },
    },
  }),
  ...[true, false].map((isReleased) =>
    noted({
      on: 'budget.settled',
      kind: 'spend',
      about: '/event/request_hash',
      budget: '/event/budget_id',
      where: [{ at: '/event/released', is: isReleased }],
      set: {
        request_hash: '/event/request_hash',
        result: { value: isReleased ? 'given back' : 'spent' },
      },
    }),
  ),
  noted({
    on: 'action.extended',
    kind: 'approval',
    about: '/event/request_hash',
    set: { request_hash: '/event/request_hash', result: { value: 'given more time' } },
  }),
  noted({
    on: 'approval.consumed',
    kind: 'key',
    about: '/event/token_hash',
    set: { request_hash: '/event/request_hash', result: { value: 'token used' } },
  }),
];

const policies: readonly RowRule[] = [
  noted({
    on: 'policy.activated',
    kind: 'policy',
    about: '/event/policy_hash',
    set: { policy_hash: '/event/policy_hash', result: '/event/widening' },
  }),
  noted({
    on: 'bundle.accepted',
    kind: 'policy',
    about: '/event/bundle/bundle_hash',
    set: { policy_hash: '/event/bundle/policy_hash', result: { value: 'accepted' } },
  }),
  ...['organisation.pinned', 'organisation.unpinned'].map((on) =>
    noted({ on, kind: 'key', about: '/event/key_id', set: { result: { value: on } } }),
  ),
  noted({
    on: 'egress.inspected',
    kind: 'policy',
    about: '/event/decision/request_hash',
    set: { request_hash: '/event/decision/request_hash', result: { value: 'inspected' } },
  }),
];

/** What leaves, and what was held back; the request itself may be about its units already. */
const left = (on: string, of: string, result: string, code: string): RowRule =>
  noted({
    on,
    kind: 'egress',
    about: `${of}/target`,
    set: {
      request_hash: `${of}/request_hash`,
      policy_hash: `${of}/policy_hash`,
      rule_id: `${of}/rule_id`,
      code: `${of}/${code}`,
      result: { value: result },
    },
  });

const egress: readonly RowRule[] = [
  left('egress.permitted', '/event/permitted', 'permitted', 'host'),
  left('firewall.intercepted', '/event/interception', 'intercepted', 'code'),
];

const sessions: readonly RowRule[] = [
  noted({
    on: 'session_lease.issued',
    kind: 'session',
    about: '/event/session/session_id',
    set: { agent_id: '/event/session/subject_id', result: { value: 'issued' } },
  }),
  noted({
    on: 'session_lease.revoked',
    kind: 'session',
    about: '/event/session_id',
    set: { result: { value: 'revoked' } },
  }),
];

const signIns: readonly RowRule[] = [
  noted({
    on: 'role_session.opened',
    kind: 'session',
    about: '/event/token_hash',
    set: { code: '/event/session/subject', result: { value: 'signed in' } },
  }),
  noted({
    on: 'role_session.closed',
    kind: 'session',
    about: '/event/token_hash',
    set: { code: '/event/reason', result: { value: 'signed out' } },
  }),
];

const asked = '/event/authority_request_id';
const ended = (status: 'denied' | 'expired'): RowRule =>
  noted({
    on: 'authority.closed',
    kind: 'grant',
    about: asked,
    where: [{ at: '/event/status', is: status }],
    set: { result: '/event/status' },
  });
const taken = (on: string, result: string): RowRule =>
  noted({
    on,
    kind: 'spend',
    about: '/event/use/authority_grant_id',
    set: {
      agent_id: '/event/use/subject_id',
      request_hash: '/event/request_hash',
      units: '/event/use',
      result: { value: result },
    },
  });

const approvers: readonly RowRule[] = [
  noted({
    on: 'factor.enrolled',
    kind: 'key',
    about: '/event/factor/factor_id',
    set: { code: '/event/factor/label', result: { value: 'factor enrolled' } },
  }),
  noted({
    on: 'level.enrolled',
    kind: 'key',
    about: '/event/factor/factor_id',
    set: { code: '/event/factor/label', result: { value: 'factor enrolled' } },
  }),
  noted({
    on: 'factor.revoked',
    kind: 'key',
    about: '/event/factor_id',
    set: { result: { value: 'factor revoked' } },
  }),
  noted({
    on: 'approval.rules_set',
    kind: 'policy',
    about: '/event/sequence',
    set: { result: { value: 'approval rules set' } },
  }),
];

const authority: readonly RowRule[] = [
  noted({
    on: 'authority.requested',
    kind: 'grant',
    about: '/event/request/authority_request_id',
    set: {
      agent_id: '/event/request/subject_id',
      request_hash: '/event/request/request_hash',
      result: { value: 'asked' },
    },
  }),
  noted({
    on: 'grant.issued',
    kind: 'grant',
    about: '/event/grant/authority_grant_id',
    set: {
      agent_id: '/event/grant/subject_id',
      request_hash: '/event/grant/request_hash',
      units: '/event/grant/constraints',
      result: { value: 'granted' },
    },
  }),
  ...(['denied', 'expired'] as const).map(ended),
  noted({
    on: 'grant.revoked',
    kind: 'grant',
    about: '/event/authority_grant_id',
    set: { agent_id: '/event/subject_id', result: { value: 'revoked' } },
  }),
  noted({
    on: 'certificate.issued',
    kind: 'certificate',
    about: '/event/certificate/certificate_id',
    set: {
      agent_id: '/event/certificate/subject_id',
      units: '/event/certificate/constraints',
      result: { value: 'issued' },
    },
  }),
  noted({
    on: 'certificate.revoked',
    kind: 'certificate',
    about: '/event/certificate_id',
    set: { result: { value: 'revoked' } },
  }),
  noted({
    on: 'revocation_epoch.advanced',
    kind: 'epoch',
    about: '/event/revocation_epoch',
    set: { result: { value: 'advanced' } },
  }),
  taken('authority.used', 'used'),
  taken('authority.released', 'given back'),
];

const FIELDS: Readonly<Record<string, Relational['columns'][number]['type']>> = {
  seq: 'integer',
  about: 'text',
  budget: 'text',
  event: 'text',
  chain_time: 'integer',
  kind: 'text',
  act: 'text',
  agent_id: 'text',
  request_hash: 'text',
  contract_hash: 'text',
  policy_hash: 'text',
  rule_id: 'text',
  result: 'text',
  code: 'text',
  units: 'json',
};

/** One feed of all that authority was used for (whitepaper 2.6.8). */
export const audit: ProjectionDefinition = {
  projection: 'projection://*/audit',
  version: '1.4.0',
  summary:
    'Every policy that decided, approval, grant, use, unit spent, key, session, change of ' +
    'governance and permitted egress, in order.',
  heads: [{ head_class: 'receipt' }],
  kind: 'relational',
  columns: Object.entries(FIELDS).map(([name, type]) => ({ name, type })),
  key: ['seq', 'about', 'budget', 'event'],
  rules: [
    ...decisions,
    ...uses,
    ...policies,
    ...egress,
    ...sessions,
    ...signIns,
    ...approvers,
    ...authority,
    ...governance,
  ],
};
