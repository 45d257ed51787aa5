import { keyId } from '@ioi/crypto';
import {
  bundleInForce,
  type ChainHead,
  governanceKeys,
  type ModuleHead,
  type ProposalHead,
  type Signable,
  type SignedOperation,
} from '@ioi/law';
import type {
  AdvanceChain,
  CreateChain,
  DecideProposal,
  MutationJustification,
  PinOrganisation,
  RecordSettlement,
  RegisterModule,
  ServiceModuleManifestEnvelope,
  SwapModule,
  UnpinOrganisation,
  View,
} from '@ioi/protocol';

/** What a statement that was rehearsed says, beside what is there now. */
export function wordsOf({ operation, statement }: Signable, view: View): string[] {
  return WORDS[operation](statement as never, view);
}

const WORDS: Readonly<Record<SignedOperation, (statement: never, view: View) => string[]>> = {
  'chain.create': createWords,
  'chain.advance': advanceWords,
  'module.register': registerWords,
  'module.swap': swapWords,
  'proposal.decide': decideWords,
  'settlement.record': settleWords,
  'organisation.pin': pinWords,
  'organisation.unpin': unpinWords,
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
