import { assert } from '@ioi/basis';
import { sha256 } from '@ioi/canon';
import { generateHybridKey, type HybridKey, signHybrid } from '@ioi/crypto/shell';
import type {
  ActionRequest,
  AdvanceChain,
  ApprovalToken,
  CreateChain,
  DecideProposal,
  HybridPublicKey,
  LogEntry,
  MutationJustification,
  RecordSettlement,
  RegisterModule,
  ServiceModuleManifestEnvelope,
  SubmitProposal,
  SwapModule,
} from '@ioi/protocol';
import {
  type ApprovalDraft,
  type ChainHead,
  chainIdOf,
  draftChain,
  draftDecision,
  draftRegistration,
  draftSettlement,
  draftSwap,
  draftTransition,
  governanceKeys,
  type ModuleHead,
  NO_HASH,
  nodeEnvelopeIn,
  policyInForce,
  type SigningDraft,
} from '../core/governance/index.ts';
import { hashOf } from './artifacts.ts';
import type { TestAgent } from './test-agent.ts';
import type { TestNode } from './test-node.ts';

const NONCE = 7n;

export const justification: MutationJustification = {
  execution_trace_refs: [hashOf('trace')],
  failure_modes: [{ name: 'timeout', evidence_hash: hashOf('failure') }],
  fitness_signals: [{ name: 'completeness', evidence_hash: hashOf('fitness') }],
};

export function manifestOf(
  version: string,
  capabilities: readonly string[],
  mountMode: ServiceModuleManifestEnvelope['deployment_profile']['mount_mode'] = 'local_file',
): ServiceModuleManifestEnvelope {
  return {
    module_id: `module://test/summarise/${version}`,
    manifest_type: 'service_module',
    required_capabilities: [...capabilities],
    deployment_profile: {
      model_name: 'none',
      mount_mode: mountMode,
      vram_required_bytes: '0',
    },
  };
}

/** What owner and controllers would say of governance on a `TestNode`: payloads that hold. */
export class TestGovernor {
  readonly agent: TestAgent;
  readonly node: TestNode;
  #nonce = 0;

  constructor(agent: TestAgent) {
    this.agent = agent;
    this.node = agent.node;
  }

  get nodeId(): string {
    return this.node.genesis.node_id;
  }

  do(operation: string, payload: object): LogEntry {
    return this.node.seal(this.node.propose(`governance/${operation}`, payload));
  }

  /** `ok`, or the code it is refused with. */
  try(operation: string, payload: object): string {
    const result = this.node.tryAdmit(this.node.propose(`governance/${operation}`, payload));
    return result.ok ? 'ok' : result.error.code;
  }

  sign(draft: SigningDraft, key: HybridKey = this.node.owner) {
    return signHybrid(key, 'SIG_DOMAIN_MANIFEST', draft.message);
  }

  controller(name: string): HybridKey {
    return generateHybridKey({ ed25519: sha256(`${name} 3`), mlDsa44: sha256(`${name} 4`) });
  }

  creation(name: string, controller: HybridKey = this.controller(name)): CreateChain {
    const creation = {
      manifest_ref: `cid://${name}`,
      manifest_hash: hashOf(name),
      policy_hash: this.activePolicy(),
      state_root: hashOf('start'),
      controller_key: controller.publicKey as HybridPublicKey,
    };
    return { creation, signature: this.sign(draftChain(creation, this.node.genesis)) };
  }

  /** Creates a chain and says its id. */
  createChain(name: string): string {
    const payload = this.creation(name);
    this.do('chain.create', payload);
    return chainIdOf(payload.creation);
  }

  chain(chainId: string): ChainHead {
    const head = this.node.head<ChainHead>(governanceKeys.chain(chainId));
    assert(head !== undefined, 'this chain was created');
    return head;
  }

  transition(
    chainId: string,
    name: string,
    state: string,
    changed: Partial<AdvanceChain['transition']> = {},
  ) {
    const { envelope, envelope_hash } = this.chain(chainId);
    const transition = {
      chain_id: chainId,
      sequence: String(BigInt(envelope.sequence) + 1n),
      prev_transition_hash: envelope_hash,
      state_root: hashOf(state),
      ...changed,
    };
    const draft = draftTransition(transition, this.node.genesis);
    return { transition, signature: this.sign(draft, this.controller(name)) };
  }

  registration(registration: RegisterModule['registration']): RegisterModule {
    return {
      registration,
      signature: this.sign(draftRegistration(registration, this.node.genesis)),
    };
  }

  module(moduleId: string): ModuleHead {
    const head = this.node.head<ModuleHead>(governanceKeys.module(moduleId));
    assert(head !== undefined, 'this module was registered');
    return head;
  }

  swap(
    manifest: ServiceModuleManifestEnvelope,
    changed: Partial<SwapModule['swap']> = {},
  ): SwapModule {
    const { sequence, manifest_hash, policy_hash } = this.module(manifest.module_id);
    const swap = {
      sequence: String(BigInt(sequence) + 1n),
      old_manifest_hash: manifest_hash,
      manifest,
      ...(policy_hash === undefined ? {} : { policy_hash }),
      justification,
      ...changed,
    };
    return this.signedSwap(swap);
  }

  signedSwap(swap: SwapModule['swap'], { node }: TestGovernor = this): SwapModule {
    return { swap, signature: this.sign(draftSwap(swap, this.#drafting()), node.owner) };
  }

  /** A token over the request for this swap, by this node's owner. */
  approval(swap: SwapModule['swap']): ApprovalToken {
    return this.agent.token(draftSwap(swap, this.#drafting()).request);
  }

  /** The same with the approval of exactly it. */
  approvedSwap(payload: SwapModule): SwapModule {
    const { chain_id } = this.module(payload.swap.manifest.module_id);
    return { ...payload, ...this.#approval(draftSwap(payload.swap, this.#drafting()), chain_id) };
  }

  proposal(
    chainId: string,
    change: Pick<SubmitProposal, 'target' | 'old_hash' | 'new_hash' | 'manifest'>,
  ): SubmitProposal {
    this.#nonce += 1;
    return {
      chain_id: chainId,
      proposer: 'agent://test/mcp',
      ...change,
      justification,
      nonce: String(this.#nonce),
    };
  }

  moduleProposal(chainId: string, manifest: ServiceModuleManifestEnvelope): SubmitProposal {
    const { manifest: old, manifest_hash } = this.module(manifest.module_id);
    const target = { kind: 'module', ref: old.module_id } as const;
    const hashes = { old_hash: manifest_hash, new_hash: hashOf(manifest) };
    return this.proposal(chainId, { target, manifest, ...hashes });
  }

  policyProposal(chainId: string, policyHash: string): SubmitProposal {
    const { manifest_ref, policy_hash } = this.chain(chainId).envelope;
    const target = { kind: 'policy', ref: manifest_ref } as const;
    return this.proposal(chainId, { target, old_hash: policy_hash, new_hash: policyHash });
  }

  workflowProposal(chainId: string, name: string, old: string = NO_HASH): SubmitProposal {
    const target = { kind: 'workflow', ref: 'artifact://test/flow' } as const;
    return this.proposal(chainId, { target, old_hash: old, new_hash: hashOf(name) });
  }

  /** Submits it and simulates it; its id. */
  propose(proposal: SubmitProposal, passed = true): string {
    this.do('proposal.submit', proposal);
    const proposal_id = hashOf(proposal);
    this.do('proposal.simulate', { proposal_id, result_hash: hashOf('dry run'), passed });
    return proposal_id;
  }

  decision(proposal: SubmitProposal, verdict: DecideProposal['decision']['verdict']) {
    const { old_hash, new_hash } = proposal;
    return this.decisionOver({ proposal_id: hashOf(proposal), verdict, old_hash, new_hash });
  }

  decisionOver(decision: DecideProposal['decision']): DecideProposal {
    return { decision, signature: this.sign(draftDecision(decision, this.#drafting())) };
  }

  approvedDecision(proposal: SubmitProposal, payload: DecideProposal): DecideProposal {
    const draft = draftDecision(payload.decision, this.#drafting());
    return { ...payload, ...this.#approval(draft, proposal.chain_id) };
  }

  settlement(names: readonly [string, string], chains: readonly [string, string]) {
    this.#nonce += 1;
    const [from, to] = chains;
    const settlement: RecordSettlement['settlement'] = {
      parties: chains.map((chain_id) => ({
        chain_id,
        envelope_hash: this.chain(chain_id).envelope_hash,
      })),
      transfers: [{ from, to, content_hash: hashOf('report') }],
      payment: { from: to, to: from, money: { amount: '2.5', unit: 'labor_gas' } },
      nonce: String(this.#nonce),
    };
    return this.signedSettlement(settlement, names);
  }

  signedSettlement(
    settlement: RecordSettlement['settlement'],
    names: readonly [string, string],
  ): RecordSettlement {
    const draft = draftSettlement(settlement, this.node.genesis);
    return {
      settlement,
      signatures: names.map((name) => this.sign(draft, this.controller(name))),
    };
  }

  invocation(moduleId: string, chainId?: string) {
    this.#nonce += 1;
    return {
      module_ref: moduleId,
      manifest_hash: this.module(moduleId).manifest_hash,
      caller_identity: 'agent://test/mcp',
      ...(chainId === undefined ? {} : { chain_id: chainId }),
      input_payload_hash: hashOf('input'),
      nonce: String(this.#nonce),
    };
  }

  finish(invocation: object, requests: readonly ActionRequest[] = []) {
    return {
      invocation_id: hashOf(invocation),
      status: 'Success',
      output_payload_hash: hashOf('output'),
      execution_gas_spent: '12',
      request_hashes: requests.map(hashOf),
    } as const;
  }

  session() {
    this.#nonce += 1;
    return {
      provider_id: hashOf('provider'),
      payer_id: hashOf('payer'),
      terms_hash: hashOf('terms'),
      policy_hash: this.activePolicy(),
      nonce: String(this.#nonce),
    };
  }

  step(session: object, step: number, ticket?: string) {
    return {
      session_id: hashOf(session),
      step: String(step),
      input_payload_hash: hashOf(`in ${step}`),
      output_payload_hash: hashOf(`out ${step}`),
      ...(ticket === undefined ? {} : { ticket_hash: hashOf(ticket) }),
    };
  }

  announce(): void {
    const node = { ...this.node.genesis, revocation_epoch: '0' };
    this.do('node.announce', { envelope: nodeEnvelopeIn(this.node.view, node) });
  }

  activePolicy(chainId?: string): string {
    return policyInForce(this.node.view, chainId) ?? hashOf('none');
  }

  #drafting() {
    return { node: this.node.genesis, nonce: NONCE };
  }

  #approval({ request }: ApprovalDraft, chainId: string | undefined) {
    const policy_hash = this.activePolicy(chainId);
    return { request, token: this.agent.token(request, { policy_hash }) };
  }
}
