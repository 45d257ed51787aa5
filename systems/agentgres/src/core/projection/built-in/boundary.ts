import type { ProjectionDefinition } from '@ioi/protocol';

const DECISION = { at: '/event/receipt/receipt_type', is: 'policy' };
const EXECUTION = { at: '/event/receipt/receipt_type', is: 'tool_execution' };
const REQUEST = '/event/receipt/body/request_hash';
const VERDICT = '/event/receipt/body/verdict/kind';
const CODE = '/event/receipt/body/code';
const RECEIPT = '/event/receipt/receipt_id';

const decided = {
  agent_id: '/event/receipt/actor_id',
  verdict: VERDICT,
  code: CODE,
  rule_id: '/event/receipt/body/rule_id',
  policy_hash: '/event/receipt/body/policy_hash',
  contract_hash: '/event/contract_hash',
  expires: '/event/expires',
  receipt_id: RECEIPT,
  decided_seq: '/entry/seq',
  decided_at: '/entry/chain_time',
};

/** The state a verdict leaves an action in; a later rule wins. */
const stateAfter = (at: string, is: string, state: string) => ({
  on: 'receipt.emitted',
  where: [DECISION, { at, is }],
  key: [REQUEST],
  set: { state: { value: state } },
});

/** One row an action: what was decided, and what became of it. */
const actions: ProjectionDefinition = {
  projection: 'projection://*/actions',
  version: '1.1.0',
  summary: 'Every action: the decision that stands, and what became of it.',
  heads: [{ head_class: 'action', id: 'request_hash' }],
  kind: 'relational',
  columns: [
    { name: 'request_hash', type: 'text' },
    { name: 'state', type: 'text' },
    { name: 'agent_id', type: 'text' },
    { name: 'verdict', type: 'text' },
    { name: 'code', type: 'text' },
    { name: 'rule_id', type: 'text' },
    { name: 'policy_hash', type: 'text' },
    { name: 'contract_hash', type: 'text' },
    { name: 'expires', type: 'integer' },
    { name: 'receipt_id', type: 'text' },
    { name: 'decided_seq', type: 'integer' },
    { name: 'decided_at', type: 'integer' },
    { name: 'satisfied', type: 'boolean' },
    { name: 'executed_seq', type: 'integer' },
    { name: 'executed_at', type: 'integer' },
  ],
  key: ['request_hash'],
  rules: [
    { on: 'receipt.emitted', where: [DECISION], key: [REQUEST], set: decided },
    {
      on: 'action.extended',
      key: ['/event/request_hash'],
      set: { expires: '/event/expires' },
    },
    stateAfter(VERDICT, 'PendingApproval', 'pending'),
    stateAfter(VERDICT, 'Allow', 'committed'),
    stateAfter(VERDICT, 'Approved', 'committed'),
    stateAfter(VERDICT, 'Block', 'blocked'),
    stateAfter(CODE, 'approval.denied', 'denied'),
    stateAfter(CODE, 'approval.expired', 'denied'),
    stateAfter(CODE, 'approval.cancelled', 'denied'),
    stateAfter(CODE, 'approval.edited', 'denied'),
    {
      on: 'receipt.emitted',
      where: [EXECUTION],
      key: [REQUEST],
      set: {
        state: '/event/receipt/body/outcome',
        satisfied: '/event/receipt/body/satisfied',
        executed_seq: '/entry/seq',
        executed_at: '/entry/chain_time',
      },
    },
  ],
};

const receipts: ProjectionDefinition = {
  projection: 'projection://*/receipts',
  version: '1.0.0',
  summary: 'Every receipt, in the order of the log.',
  heads: [{ head_class: 'receipt' }],
  kind: 'timeline',
  columns: [
    { name: 'receipt_id', type: 'text' },
    { name: 'receipt_type', type: 'text' },
    { name: 'agent_id', type: 'text' },
    { name: 'request_hash', type: 'text' },
    { name: 'verdict', type: 'text' },
    { name: 'outcome', type: 'text' },
    { name: 'code', type: 'text' },
    { name: 'policy_hash', type: 'text' },
    { name: 'isolation_tier', type: 'text' },
    { name: 'demo', type: 'boolean' },
    { name: 'chain_time', type: 'integer' },
    { name: 'body', type: 'json' },
  ],
  rules: [
    {
      on: 'receipt.emitted',
      set: {
        receipt_id: RECEIPT,
        receipt_type: '/event/receipt/receipt_type',
        agent_id: '/event/receipt/actor_id',
        request_hash: REQUEST,
        verdict: VERDICT,
        outcome: '/event/receipt/body/outcome',
        code: CODE,
        policy_hash: '/event/receipt/policy_hash',
        isolation_tier: '/event/receipt/isolation_tier',
        demo: '/event/receipt/demo',
        chain_time: '/entry/chain_time',
        body: '/event/receipt/body',
      },
    },
  ],
};

const on = 'receipt.emitted';
const node = (label: string, id: string) => ({ on, node: { label, id } });
const edge = (label: string, from: string, to: string) => ({ on, edge: { label, from, to } });

/** Who asked for what, what was recorded about it, and by what it was authorised. */
const custody: ProjectionDefinition = {
  projection: 'projection://*/custody',
  version: '1.0.0',
  summary: 'The chain of custody: agent, request, receipt, and policy, contract or approval.',
  heads: [{ head_class: 'receipt' }],
  kind: 'graph',
  columns: [],
  rules: [
    node('agent', '/event/receipt/actor_id'),
    node('request', REQUEST),
    node('receipt', RECEIPT),
    node('policy', '/event/receipt/policy_hash'),
    node('contract', '/event/contract_hash'),
    node('approval', '/event/receipt/body/verdict/token_hash'),
    edge('proposed', '/event/receipt/actor_id', REQUEST),
    edge('recorded', REQUEST, RECEIPT),
    edge('decided_by', RECEIPT, '/event/receipt/policy_hash'),
    edge('bound_by', RECEIPT, '/event/contract_hash'),
    edge('bound_by', RECEIPT, '/event/receipt/body/contract_hash'),
    edge('approved_by', RECEIPT, '/event/receipt/body/verdict/token_hash'),
  ],
};

const performing = {
  subject: '/event/receipt/actor_id',
  resource: REQUEST,
};

/** What somebody may do now, and how often still. */
const capabilities: ProjectionDefinition = {
  projection: 'projection://*/capabilities',
  version: '1.0.0',
  summary: 'What sealed decisions and approvals permit: performing an action is permitted once.',
  heads: [
    { head_class: 'action', id: 'resource' },
    { head_class: 'token', id: 'subject' },
  ],
  kind: 'capability',
  rules: [
    ...['Allow', 'Approved'].map((verdict) => ({
      on,
      where: [DECISION, { at: VERDICT, is: verdict }],
      grant: { ...performing, scope: '/event/contract_hash', uses: { value: 1 } },
    })),
    {
      on,
      where: [EXECUTION],
      use: { ...performing, scope: '/event/receipt/body/contract_hash' },
    },
    {
      on: 'approval.consumed',
      grant: {
        subject: '/event/token_hash',
        resource: '/event/request_hash',
        scope: { value: 'approval' },
        uses: { value: 0 },
      },
    },
  ],
};

const contracts: ProjectionDefinition = {
  projection: 'projection://*/contracts',
  version: '1.0.0',
  summary: 'Tools as they were contracted, and where they land in the target namespace.',
  heads: [{ head_class: 'contract', id: 'contract_hash' }],
  kind: 'relational',
  columns: [
    { name: 'contract_hash', type: 'text' },
    { name: 'server', type: 'text' },
    { name: 'tool', type: 'text' },
    { name: 'target', type: 'text' },
    { name: 'risk_class', type: 'text' },
    { name: 'effect', type: 'text' },
    { name: 'registered_seq', type: 'integer' },
  ],
  key: ['contract_hash'],
  rules: [
    {
      on: 'contract.registered',
      key: ['/event/contract_hash'],
      set: {
        server: '/event/contract/server',
        tool: '/event/contract/tool',
        target: '/event/contract/target',
        risk_class: '/event/contract/risk_class',
        effect: '/event/contract/effect',
        registered_seq: '/entry/seq',
      },
    },
  ],
};

/** Over what the boundary records. */
export const boundaryProjections: readonly ProjectionDefinition[] = [
  actions,
  receipts,
  custody,
  capabilities,
  contracts,
];
