import { utcText } from '@ioi/basis';
import { digestBytes } from '@ioi/canon';
import { keyId } from '@ioi/crypto';
import {
  ANYBODY,
  type ApproversHead,
  addOnWords,
  bundleInForce,
  type ChainHead,
  executorWords,
  governanceKeys,
  installWords,
  keys,
  type LeaseHead,
  type ModuleHead,
  type ProposalHead,
  type Quorum,
  type Signable,
  type SignedOperation,
  walletWords,
} from '@ioi/law';
import type {
  AdvanceChain,
  CreateChain,
  DecideProposal,
  EnrollFactor,
  EnrollLevel,
  IssueSessionLease,
  MutationJustification,
  PinOrganisation,
  RecordSettlement,
  RegisterModule,
  RevokeFactor,
  RevokeSessionLeases,
  ServiceModuleManifestEnvelope,
  SetApprovalRules,
  SignInFactor,
  SwapModule,
  UnpinOrganisation,
  View,
} from '@ioi/protocol';

/** What a statement that was rehearsed says, beside what is there now. */
export function wordsOf({ operation, statement }: Signable, view: View): string[] {
  return WORDS[operation](statement as never, view);
}

const WORDS: Readonly<Record<SignedOperation, (statement: never, view: View) => string[]>> = {
  ...walletWords,
  ...installWords,
  ...addOnWords,
  ...executorWords,
  'chain.create': createWords,
  'chain.advance': advanceWords,
  'module.register': registerWords,
  'module.swap': swapWords,
  'proposal.decide': decideWords,
  'settlement.record': settleWords,
  'organisation.pin': pinWords,
  'organisation.unpin': unpinWords,
  'factor.enroll': enrollWords,
  'level.enroll': levelWords,
  'factor.revoke': retireWords,
  'approval.rules': rulesWords,
  'session_lease.issue': issueWords,
  'session_lease.revoke': revokeWords,
};

function createWords(creation: CreateChain['creation']): string[] {
  return [
    `a new chain with the manifest ${creation.manifest_ref}`,
    `manifest ${creation.manifest_hash}`,
    `policy ${creation.policy_hash}`,
    `state ${creation.state_root}`,
    `moved by the key ${keyId(creation.controller_key)}`,
  ];
}

function advanceWords(transition: AdvanceChain['transition'], view: View): string[] {
  const chain = view.get<ChainHead>(governanceKeys.chain(transition.chain_id));
  return [
    `chain ${transition.chain_id} makes transition ${transition.sequence}`,
    `- state ${chain?.envelope.state_root}`,
    `+ state ${transition.state_root}`,
  ];
}

function registerWords(registration: RegisterModule['registration']): string[] {
  const { manifest, policy_hash, chain_id } = registration;
  return [
    `module ${manifest.module_id} becomes governed`,
    ...manifestLines(manifest).map((line) => `+ ${line}`),
    `policy ${policy_hash ?? 'of its chain or node'}`,
    ...(chain_id === undefined ? [] : [`part of the chain ${chain_id}`]),
  ];
}

function swapWords(swap: SwapModule['swap'], view: View): string[] {
  const before = view.get<ModuleHead>(governanceKeys.module(swap.manifest.module_id));
  const [old, fresh] = [policyLine(before?.policy_hash), policyLine(swap.policy_hash)];
  return [
    `module ${before?.manifest.module_id} becomes ${swap.manifest.module_id}`,
    ...changes(before?.manifest, swap.manifest),
    ...(old === fresh ? [] : [`- ${old}`, `+ ${fresh}`]),
    ...reasonLines(swap.justification),
  ];
}

function decideWords(decision: DecideProposal['decision'], view: View): string[] {
  const key = governanceKeys.proposal(decision.proposal_id);
  const head = view.get<ProposalHead>(key);
  if (!head) return [];
  const { target, proposer, chain_id, manifest, justification } = head.proposal;
  const isBack = decision.verdict === 'roll_back';
  const module = view.get<ModuleHead>(governanceKeys.module(target.ref))?.manifest;
  const change = isBack ? changes(manifest, head.old_manifest) : changes(module, manifest);
  return [
    `${decision.verdict} the proposal ${decision.proposal_id}`,
    `by ${proposer}, about the ${target.kind} ${target.ref}`,
    `of the chain ${chain_id}`,
    `${isBack ? '+' : '-'} ${decision.old_hash}`,
    `${isBack ? '-' : '+'} ${decision.new_hash}`,
    ...(target.kind === 'module' ? change : []),
    ...reasonLines(justification),
  ];
}

function settleWords({ parties, transfers, payment }: RecordSettlement['settlement']): string[] {
  const chains = parties.map(({ chain_id }) => chain_id);
  const moved = transfers.map((each) => `${each.from} gives ${each.to} ${each.content_hash}`);
  const paid = payment && [
    `${payment.from} pays ${payment.to} ${payment.money.amount} ${payment.money.unit}`,
  ];
  return [`the chains ${chains.join(' and ')} settle`, ...moved, ...(paid ?? [])];
}

function pinWords({ organisation_id, public_key }: PinOrganisation['pin']): string[] {
  return [
    `bundles of ${organisation_id} bound this node from now on`,
    `those signed by the key ${keyId(public_key)}`,
    'to end this takes an approval',
  ];
}

function unpinWords(unpin: UnpinOrganisation['unpin'], view: View): string[] {
  const bundle = bundleInForce(view);
  const held = bundle ? `version ${bundle.version}, rules ${bundle.policy_hash}` : 'none yet';
  return [
    `${unpin.organisation_id} no longer bounds this node`,
    `- key ${unpin.key_id}`,
    `- bundle ${held}`,
  ];
}

function enrollWords({ factor }: EnrollFactor['enrollment']): string[] {
  const { label, public_key, factor_id, origin, acts_as = [] } = factor;
  return [
    `the passkey ${label} approves from now on`,
    `${public_key.algorithm}, ${factor_id}`,
    `on ${origin} alone`,
    ...acts_as.map((agent) => `but nothing that ${agent} asks for`),
  ];
}

function levelWords({ factor }: EnrollLevel['enrollment'], view: View): string[] {
  const before = view
    .get<ApproversHead>(keys.approvers)
    ?.levels?.find(({ factor_id }) => factor_id === factor.factor_id);
  const { label, acts_as = [] } = factor;
  const separate = acts_as.map((agent) => `but nothing that ${agent} asks for`);
  if (factor.kind === 'group') {
    const { threshold, ml_dsa_44 } = factor.public_key;
    const many = `${threshold} of ${ml_dsa_44.length}`;
    return [
      `the group ${label} approves from now on, ${many} together`,
      factor.factor_id,
      ...separate,
    ];
  }
  const { subject, issuer, client_id, authorization_endpoint, token_endpoint, is_fresh } = factor;
  const old = before?.kind === 'sign_in' ? before.keys.map(providerKeyLine) : [];
  const fresh = factor.keys.map(providerKeyLine);
  return [
    `${label}: ${whoIs(subject)} unlocks the page for what is of low risk`,
    `at ${issuer}, for the client ${client_id}${ofClient(factor)}`,
    `by way of ${authorization_endpoint} and ${token_endpoint}`,
    is_fresh ? 'each time anew' : 'also without being asked anew by the provider',
    ...old.filter((line) => !fresh.includes(line)).map((line) => `- ${line}`),
    ...fresh.map((line) => `${old.includes(line) ? ' ' : '+'} ${line}`),
    ...separate,
  ];
}

function whoIs(subject: string): string {
  if (subject !== ANYBODY) return `who signs in as ${subject}`;
  return 'whoever the organisation of this node has approve, then and later,';
}

function ofClient({ client_auth: method }: SignInFactor): string {
  return method === undefined ? '' : `, which has a secret in the vault (${method})`;
}

function providerKeyLine({ algorithm, kid = '', key }: SignInFactor['keys'][number]): string {
  return `key ${algorithm} ${kid} ${digestBytes(key)}`;
}

function labelOf(id: string, view: View): string {
  const levels = view.get<ApproversHead>(keys.approvers)?.levels ?? [];
  return levels.find(({ factor_id }) => factor_id === id)?.label ?? id;
}

function retireWords({ factor_id }: RevokeFactor['revocation'], view: View): string[] {
  const head = view.get<ApproversHead>(keys.approvers);
  const all = [...(head?.factors ?? []), ...(head?.levels ?? [])];
  const label = all.find((each) => each.factor_id === factor_id)?.label ?? '';
  return [`${label} approves no more`, factor_id];
}

function rulesWords({ low, high, rules }: SetApprovalRules['setting'], view: View): string[] {
  const words = ({ factors, out_of_band, groups = [] }: Quorum): string =>
    `${factors} of the approvers${out_of_band ? ', one of them on another device' : ''}` +
    groups.map((id) => `, the group ${labelOf(id, view)} among them`).join('');
  return [
    `acts of low risk take ${words(low)}`,
    `acts of high risk take ${words(high)}`,
    ...rules.map(({ rule_id, quorum }) => `the rule ${rule_id} takes ${words(quorum)}`),
  ];
}

function issueWords(session: IssueSessionLease['session']): string[] {
  const { subject_id, audience, projection_scope, capability_subset, expires_at } = session;
  const may = [...projection_scope.map((name) => `read ${name}`), ...capability_subset];
  return [
    `whoever holds this session is taken for ${subject_id}`,
    `it is for ${audience}, on every node that has it`,
    ...may.map((each) => `+ ${each}`),
    `until ${utcText(BigInt(expires_at))} UTC`,
  ];
}

function revokeWords({ session_ids }: RevokeSessionLeases['revocation'], view: View): string[] {
  return session_ids.map((id) => {
    const lease = view.get<LeaseHead>(governanceKeys.lease(id));
    return `- session ${id} of ${lease?.subject_id}`;
  });
}

/** What one manifest has and the other has not, signed like a difference of texts. */
function changes(
  before: ServiceModuleManifestEnvelope | undefined,
  after: ServiceModuleManifestEnvelope | undefined,
): string[] {
  const [old, fresh] = [before, after].map((each) => (each ? manifestLines(each) : []));
  const gone = (old ?? []).filter((line) => !fresh?.includes(line));
  const come = (fresh ?? []).filter((line) => !old?.includes(line));
  return [...gone.map((line) => `- ${line}`), ...come.map((line) => `+ ${line}`)];
}

function manifestLines(manifest: ServiceModuleManifestEnvelope): string[] {
  const { required_capabilities, deployment_profile: profile } = manifest;
  const { model_name, mount_mode, model_artifact_ref = '', vram_required_bytes } = profile;
  return [
    ...new Set(required_capabilities),
    `mounted as ${mount_mode}`,
    `model ${model_name} ${model_artifact_ref}`.trimEnd(),
    `memory of a GPU ${vram_required_bytes}`,
  ];
}

function policyLine(policyHash: string | undefined): string {
  return `policy ${policyHash ?? 'of its chain or node'}`;
}

function reasonLines(justification: MutationJustification): string[] {
  const { execution_trace_refs: traces, failure_modes, fitness_signals } = justification;
  const named = [...failure_modes, ...fitness_signals].map(({ name }) => `because of ${name}`);
  return traces.length === 0 ? named : [...named, `because of ${traces.length} recorded traces`];
}
