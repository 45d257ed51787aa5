import type { ProjectionDefinition } from '@ioi/protocol';

type Relational = Extract<ProjectionDefinition, { kind: 'relational' }>;
type ColumnType = Relational['columns'][number]['type'];
type Fields = Readonly<Record<string, ColumnType>>;

/** Each column from the member of the event that has its name. */
function fromEvent(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, `/event/${name}`]));
}

type Described = {
  readonly name: string;
  readonly summary: string;
  readonly key: string;
  readonly fields: Fields;
  /** Event types with what they set: members of the event by name, and the status they leave. */
  readonly events: readonly {
    readonly on: string;
    readonly sets: readonly string[];
    readonly status?: string;
  }[];
};

/** A table of governance objects: fields as in the envelopes of whitepaper A.2 and A.3. */
function governed({ name, summary, key, fields, events }: Described): Relational {
  return {
    projection: `projection://*/${name}`,
    version: '1.0.0',
    summary,
    kind: 'relational',
    columns: [
      { name: key, type: 'text' },
      ...Object.entries(fields).map(([field, type]) => ({ name: field, type })),
      { name: 'changed_seq', type: 'integer' },
    ],
    key: [key],
    rules: events.map(({ on, sets, status }) => ({
      on,
      key: [`/event/${key}`],
      set: {
        ...fromEvent(sets),
        ...(status === undefined ? {} : { status: { value: status } }),
        changed_seq: '/entry/seq',
      },
    })),
  };
}

const NODE = ['owner_did', 'active_chains', 'local_receipt_root'];
const hypervisorNodes: ProjectionDefinition = {
  ...governed({
    name: 'hypervisor-nodes',
    summary: 'Nodes this domain knows (HypervisorNodeEnvelope).',
    key: 'node_id',
    fields: {
      owner_did: 'text',
      active_chains: 'json',
      local_receipt_root: 'text',
      demo: 'boolean',
    },
    events: [],
  }),
  rules: [
    {
      on: 'genesis.created',
      key: ['/event/genesis/node_id'],
      set: { demo: '/event/genesis/demo', changed_seq: '/entry/seq' },
    },
    {
      on: 'node.announced',
      key: ['/event/node_id'],
      set: { ...fromEvent(NODE), changed_seq: '/entry/seq' },
    },
  ],
};

const CHAIN = ['policy_hash', 'state_root', 'sequence', 'prev_transition_hash'];
const autonomousSystemChains = governed({
  name: 'autonomous-system-chains',
  summary: 'Governed chains as they stand (AutonomousSystemChainEnvelope).',
  key: 'chain_id',
  fields: {
    manifest_ref: 'text',
    policy_hash: 'text',
    state_root: 'text',
    sequence: 'integer',
    prev_transition_hash: 'text',
  },
  events: [
    { on: 'chain.created', sets: ['manifest_ref', ...CHAIN] },
    { on: 'chain.advanced', sets: CHAIN },
  ],
});

const MODULE = ['manifest_type', 'required_capabilities', 'deployment_profile'];
const serviceModules = governed({
  name: 'service-modules',
  summary: 'Service modules (ServiceModuleManifestEnvelope).',
  key: 'module_id',
  fields: {
    chain_id: 'text',
    manifest_type: 'text',
    manifest_hash: 'text',
    required_capabilities: 'json',
    deployment_profile: 'json',
    status: 'text',
  },
  events: [
    {
      on: 'module.registered',
      sets: ['chain_id', 'manifest_hash', ...MODULE],
      status: 'registered',
    },
    { on: 'module.swapped', sets: ['manifest_hash', ...MODULE], status: 'swapped' },
  ],
});

const moduleInvocations = governed({
  name: 'module-invocations',
  summary: 'Calls of service modules (ModuleInvocationReceipt).',
  key: 'invocation_id',
  fields: {
    module_ref: 'text',
    caller_identity: 'text',
    input_payload_hash: 'text',
    output_payload_hash: 'text',
    execution_gas_spent: 'text',
    status: 'text',
  },
  events: [
    {
      on: 'module.invocation_started',
      sets: ['module_ref', 'caller_identity', 'input_payload_hash'],
      status: 'started',
    },
    {
      on: 'module.invocation_completed',
      sets: ['output_payload_hash', 'execution_gas_spent'],
      status: 'completed',
    },
    { on: 'module.invocation_failed', sets: ['execution_gas_spent'], status: 'failed' },
  ],
});

const upgradeProposals = governed({
  name: 'upgrade-proposals',
  summary: 'Proposed upgrades and where they stand (UpgradeProposalReceipt).',
  key: 'proposal_id',
  fields: {
    chain_id: 'text',
    proposer: 'text',
    target_module_id: 'text',
    old_manifest_hash: 'text',
    new_manifest_hash: 'text',
    rationale_hash: 'text',
    verdict: 'text',
    reason_code: 'text',
    status: 'text',
  },
  events: [
    {
      on: 'upgrade.proposal_submitted',
      sets: [
        'chain_id',
        'proposer',
        'target_module_id',
        'old_manifest_hash',
        'new_manifest_hash',
        'rationale_hash',
      ],
      status: 'submitted',
    },
    { on: 'upgrade.proposal_simulated', sets: [], status: 'simulated' },
    { on: 'upgrade.proposal_decided', sets: ['verdict', 'reason_code'], status: 'decided' },
    { on: 'upgrade.proposal_committed', sets: [], status: 'committed' },
    { on: 'upgrade.proposal_rolled_back', sets: ['reason_code'], status: 'rolled_back' },
  ],
});

const DECISION: Fields = {
  proposal_id: 'text',
  chain_id: 'text',
  verdict: 'text',
  reason_code: 'text',
  authority: 'json',
};
const upgradeDecisions: ProjectionDefinition = {
  projection: 'projection://*/upgrade-decisions',
  version: '1.0.0',
  summary: 'Every decision on an upgrade, in the order of the log (UpgradeDecisionReceipt).',
  kind: 'timeline',
  columns: [
    ...Object.entries(DECISION).map(([name, type]) => ({ name, type })),
    { name: 'chain_time', type: 'integer' },
  ],
  rules: [
    {
      on: 'upgrade.proposal_decided',
      set: { ...fromEvent(Object.keys(DECISION)), chain_time: '/entry/chain_time' },
    },
  ],
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
  key: 'settlement_id',
  fields: SETTLEMENT,
  events: [{ on: 'settlement.recorded', sets: Object.keys(SETTLEMENT) }],
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
];
