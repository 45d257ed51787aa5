import type { ProjectionDefinition } from '@ioi/protocol';

type Relational = Extract<ProjectionDefinition, { kind: 'relational' }>;
type RowRule = Relational['rules'][number];
type Where = NonNullable<RowRule['where']>;
type Fields = Readonly<Record<string, Relational['columns'][number]['type']>>;

type Described = {
  readonly name: string;
  readonly summary: string;
  readonly heads: NonNullable<Relational['heads']>;
  readonly key: string;
  readonly fields: Fields;
  readonly rules: readonly RowRule[];
};

/** A table of governance objects: fields as in whitepaper A.2 and A.3. */
function governed({ name, summary, heads, key, fields, rules }: Described): Relational {
  return {
    projection: `projection://*/${name}`,
    version: '1.0.0',
    summary,
    heads: [...heads],
    kind: 'relational',
    columns: [
      { name: key, type: 'text' },
      ...Object.entries(fields).map(([field, type]) => ({ name: field, type })),
      { name: 'changed_seq', type: 'integer' },
    ],
    key: [key],
    rules: [...rules],
  };
}

/** Members of one place of the event, each into the column of its name. */
function members(place: string, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, `${place}/${name}`]));
}

type Setting = { readonly on: string; readonly key: string; readonly where?: Where };

function sets({ on, key, where = [] }: Setting, set: Record<string, unknown>): RowRule {
  return { on, where, key: [key], set: { ...set, changed_seq: '/entry/seq' } } as RowRule;
}

const BODY = '/event/receipt/body';
const receiptOf = (type: string): Where[number] => ({
  at: '/event/receipt/receipt_type',
  is: type,
});

const hypervisorNodes = governed({
  name: 'hypervisor-nodes',
  summary: 'The node, as it was made and as it announces itself (HypervisorNodeEnvelope).',
  heads: [{ head_class: 'node' }, { head_class: 'node_envelope' }],
  key: 'node_id',
  fields: { owner_did: 'text', active_chains: 'json', local_receipt_root: 'text', demo: 'boolean' },
  rules: [
    sets({ on: 'genesis.created', key: '/event/genesis/node_id' }, { demo: '/event/genesis/demo' }),
    sets(
      { on: 'node.announced', key: '/event/envelope/node_id' },
      members('/event/envelope', ['owner_did', 'active_chains', 'local_receipt_root']),
    ),
  ],
});

const CHAIN: Fields = {
  manifest_ref: 'text',
  policy_hash: 'text',
  state_root: 'text',
  sequence: 'integer',
  prev_transition_hash: 'text',
};
const autonomousSystemChains = governed({
  name: 'autonomous-system-chains',
  summary: 'Governed chains as they stand (AutonomousSystemChainEnvelope).',
  heads: [{ head_class: 'chain', id: 'chain_id' }],
  key: 'chain_id',
  fields: CHAIN,
  rules: [
    sets(
      { on: 'chain.created', key: '/event/chain/envelope/chain_id' },
      members('/event/chain/envelope', Object.keys(CHAIN)),
    ),
    sets(
      { on: 'chain.advanced', key: '/event/envelope/chain_id' },
      members('/event/envelope', Object.keys(CHAIN)),
    ),
  ],
});

const MANIFEST = ['module_id', 'manifest_type', 'required_capabilities', 'deployment_profile'];
const modulePlace = (place: string, status: string) => ({
  ...members(`${place}/manifest`, MANIFEST),
  chain_id: `${place}/chain_id`,
  policy_hash: `${place}/policy_hash`,
  status: { value: status },
});
const serviceModules = governed({
  name: 'service-modules',
  summary: 'Service modules by manifest, and which one took the place of which.',
  heads: [{ head_class: 'module' }, { head_class: 'mounted' }],
  key: 'manifest_hash',
  fields: {
    module_id: 'text',
    manifest_type: 'text',
    required_capabilities: 'json',
    deployment_profile: 'json',
    chain_id: 'text',
    policy_hash: 'text',
    status: 'text',
    replaced_by: 'text',
  },
  rules: [
    sets(
      { on: 'module.mounted', key: '/event/mounted/manifest_hash' },
      modulePlace('/event/mounted', 'mounted'),
    ),
    ...['module.registered', 'module.swapped'].map((on) =>
      sets(
        { on, key: '/event/module/manifest_hash' },
        { ...modulePlace('/event/module', 'registered'), replaced_by: { value: '' } },
      ),
    ),
    // Workers are mutated too, and are no service modules.
    ...['governance/module.swap', 'governance/proposal.commit'].map((operation) =>
      sets(
        {
          on: 'receipt.emitted',
          key: `${BODY}/old_manifest_hash`,
          where: [
            receiptOf('mutation'),
            { at: '/entry/operation', is: operation },
            { at: `${BODY}/target_kind`, is: 'module' },
          ],
        },
        { status: { value: 'replaced' }, replaced_by: `${BODY}/new_manifest_hash` },
      ),
    ),
  ],
});

const INVOCATION = [
  'module_ref',
  'manifest_hash',
  'caller_identity',
  'chain_id',
  'input_payload_hash',
];
const moduleInvocations = governed({
  name: 'module-invocations',
  summary: 'Calls of service modules, and how they ended (ModuleInvocationReceipt).',
  heads: [{ head_class: 'invocation', id: 'invocation_id' }],
  key: 'invocation_id',
  fields: {
    ...Object.fromEntries(INVOCATION.map((name) => [name, 'text' as const])),
    output_payload_hash: 'text',
    execution_gas_spent: 'text',
    status: 'text',
    receipt_hashes: 'json',
  },
  rules: [
    sets(
      { on: 'module.invocation_started', key: '/event/invocation_id' },
      {
        ...members('/event/started/invocation', INVOCATION),
        status: { value: 'Started' },
      },
    ),
    sets(
      {
        on: 'receipt.emitted',
        key: `${BODY}/invocation_id`,
        where: [receiptOf('module_invocation')],
      },
      members(BODY, ['output_payload_hash', 'execution_gas_spent', 'status', 'receipt_hashes']),
    ),
  ],
});

const KINDS = ['module', 'workflow', 'policy', 'tool', 'model_route', 'schema'];
const stands = (on: string, status: unknown, more: object = {}): RowRule =>
  sets({ on, key: '/event/proposal_id' }, { status, ...more });
const upgradeProposals = governed({
  name: 'upgrade-proposals',
  summary: 'Proposed upgrades and where they stand (UpgradeProposalReceipt).',
  heads: [{ head_class: 'proposal', id: 'proposal_id' }],
  key: 'proposal_id',
  fields: {
    chain_id: 'text',
    proposer: 'text',
    target_kind: 'text',
    target_module_id: 'text',
    old_manifest_hash: 'text',
    new_manifest_hash: 'text',
    rationale_hash: 'text',
    status: 'text',
    passed: 'boolean',
    inclusion_result: 'json',
  },
  rules: [
    stands(
      'upgrade.proposal_submitted',
      { value: 'submitted' },
      {
        ...members('/event/submitted/proposal', ['chain_id', 'proposer']),
        target_kind: '/event/submitted/proposal/target/kind',
        target_module_id: '/event/submitted/proposal/target/ref',
        old_manifest_hash: '/event/submitted/proposal/old_hash',
        new_manifest_hash: '/event/submitted/proposal/new_hash',
      },
    ),
    // Only receipts of proposals name the kind of their target.
    ...KINDS.map((kind) =>
      sets(
        {
          on: 'receipt.emitted',
          key: `${BODY}/proposal_id`,
          where: [receiptOf('upgrade'), { at: `${BODY}/target_kind`, is: kind }],
        },
        members(BODY, ['rationale_hash']),
      ),
    ),
    stands('upgrade.proposal_simulated', { value: 'simulated' }, { passed: '/event/passed' }),
    stands('upgrade.proposal_decided', '/event/state', {
      inclusion_result: '/event/inclusion_result',
    }),
    stands('upgrade.proposal_committed', { value: 'committed' }),
    stands('upgrade.proposal_rolled_back', { value: 'rolled_back' }),
  ],
});

const VERDICTS = ['Approved', 'Rejected', 'Escalated', 'RolledBack'];
const DECISION: Fields = {
  proposal_id: 'text',
  verdict: 'text',
  reason_code: 'text',
  inclusion_result: 'json',
  authority_signature: 'json',
  token_hash: 'text',
};
const upgradeDecisions: ProjectionDefinition = {
  projection: 'projection://*/upgrade-decisions',
  version: '1.0.0',
  summary: 'Every decision on an upgrade, in the order of the log (UpgradeDecisionReceipt).',
  heads: [{ head_class: 'proposal', id: 'proposal_id' }],
  kind: 'timeline',
  columns: [
    ...Object.entries(DECISION).map(([name, type]) => ({ name, type })),
    { name: 'receipt_id', type: 'text' },
    { name: 'chain_time', type: 'integer' },
  ],
  rules: VERDICTS.map((verdict) => ({
    on: 'receipt.emitted',
    where: [receiptOf('upgrade'), { at: `${BODY}/verdict`, is: verdict }],
    set: {
      ...members(BODY, Object.keys(DECISION)),
      receipt_id: '/event/receipt/receipt_id',
      chain_time: '/entry/chain_time',
    },
  })),
};

const SETTLEMENT: Fields = {
  node_id: 'text',
  involved_chains: 'json',
  net_amount: 'text',
  asset_identifier: 'text',
  receipt_root: 'text',
};
const localSettlements = governed({
  name: 'local-settlements',
  summary: 'Settlements between chains of one node (LocalSettlementReceipt).',
  heads: [{ head_class: 'settlement', id: 'settlement_id' }],
  key: 'settlement_id',
  fields: SETTLEMENT,
  rules: [
    sets(
      { on: 'receipt.emitted', key: `${BODY}/settlement_id`, where: [receiptOf('settlement')] },
      members(BODY, Object.keys(SETTLEMENT)),
    ),
  ],
});

const SESSION: Fields = {
  subject_id: 'text',
  audience: 'text',
  projection_scope: 'json',
  capability_subset: 'json',
  policy_hash: 'text',
  expires_at: 'integer',
  revocation_epoch: 'text',
};
const portableSessions = governed({
  name: 'portable-sessions',
  summary: 'Sessions the owner issued, and which of them were revoked (SessionLease).',
  heads: [{ head_class: 'session_lease', id: 'session_id' }],
  key: 'session_id',
  fields: { ...SESSION, status: 'text' },
  rules: [
    sets(
      { on: 'session_lease.issued', key: '/event/session/session_id' },
      { ...members('/event/session', Object.keys(SESSION)), status: { value: 'issued' } },
    ),
    sets(
      { on: 'session_lease.revoked', key: '/event/session_id' },
      { status: { value: 'revoked' } },
    ),
  ],
});

/** What whitepaper 3.5 serves under paths of their own. */
export const governanceProjections: readonly ProjectionDefinition[] = [
  hypervisorNodes,
  autonomousSystemChains,
  serviceModules,
  moduleInvocations,
  upgradeProposals,
  upgradeDecisions,
  localSettlements,
  portableSessions,
];
