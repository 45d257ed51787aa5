import type {
  ActionRequest,
  AdvanceChain,
  CreateChain,
  DecideProposal,
  InstallAddOn,
  InstallWorker,
  RecordSettlement,
  RegisterModule,
  RemoveWorker,
  SwapModule,
  UnpinOrganisation,
} from '@ioi/protocol';
import { ADD_ON_TARGET, ADD_ONS } from '../add-ons/installs.ts';
import { INSTALL_TARGET, WORKERS } from '../workers/installs.ts';
import { type Place, statementBytes } from './authority.ts';
import { UPGRADE_TARGET } from './decide-proposal.ts';
import { UNPIN_TARGET } from './organisations.ts';
import { SWAP_TARGET } from './swap-module.ts';

/** Bytes to sign under SIG_DOMAIN_MANIFEST; for widening also the request to approve. */
export type SigningDraft = { readonly message: Uint8Array };
export type ApprovalDraft = SigningDraft & { readonly request: ActionRequest };

type Drafting = { readonly node: Place; readonly nonce: bigint };

/** What the owner signs to create a chain. */
export function draftChain(creation: CreateChain['creation'], node: Place): SigningDraft {
  return signing('chain.create', creation, node);
}

/** What the controller of a chain signs to move it on. */
export function draftTransition(transition: AdvanceChain['transition'], node: Place): SigningDraft {
  return signing('chain.advance', transition, node);
}

/** What the owner signs to make a module governed. */
export function draftRegistration(
  registration: RegisterModule['registration'],
  node: Place,
): SigningDraft {
  return signing('module.register', registration, node);
}

/** What the controllers of both chains sign. */
export function draftSettlement(
  settlement: RecordSettlement['settlement'],
  node: Place,
): SigningDraft {
  return signing('settlement.record', settlement, node);
}

/** What the owner signs to swap a module, and approves where that may widen. */
export function draftSwap(swap: SwapModule['swap'], drafting: Drafting): ApprovalDraft {
  const draft = signing('module.swap', swap, drafting.node);
  return { ...draft, request: requestOver(SWAP_TARGET, swap, drafting) };
}

/** What the owner signs to decide a proposal, and approves where that may widen. */
export function draftDecision(
  decision: DecideProposal['decision'],
  drafting: Drafting,
): ApprovalDraft {
  const draft = signing('proposal.decide', decision, drafting.node);
  return { ...draft, request: requestOver(UPGRADE_TARGET, decision, drafting) };
}

/** What the owner signs, and approves, to no longer be bounded by an organisation. */
export function draftUnpin(unpin: UnpinOrganisation['unpin'], drafting: Drafting): ApprovalDraft {
  const draft = signing('organisation.unpin', unpin, drafting.node);
  return { ...draft, request: requestOver(UNPIN_TARGET, unpin, drafting) };
}

/** What the owner signs, and approves where it asks for more, to have a worker installed. */
export function draftInstall(
  installation: InstallWorker['installation'],
  drafting: Drafting,
): ApprovalDraft {
  const said = { module: WORKERS, operation: 'install', statement: installation };
  const message = statementBytes({ node: drafting.node, ...said });
  return { message, request: requestOver(INSTALL_TARGET, { ...installation }, drafting) };
}

/** What the owner signs, and approves where it asks for more, to have a skill or extension. */
export function draftAddOn(
  installation: InstallAddOn['installation'],
  drafting: Drafting,
): ApprovalDraft {
  const said = { module: ADD_ONS, operation: 'add_on.install', statement: installation };
  const message = statementBytes({ node: drafting.node, ...said });
  return { message, request: requestOver(ADD_ON_TARGET, { ...installation }, drafting) };
}

/** What the owner signs to have it no longer. */
export function draftRemoval(removal: RemoveWorker['removal'], node: Place): SigningDraft {
  const said = { module: WORKERS, operation: 'remove', statement: removal };
  return { message: statementBytes({ node, ...said }) };
}

function signing(operation: string, statement: object, node: Place): SigningDraft {
  return { message: statementBytes({ node, operation, statement }) };
}

function requestOver(
  target: string,
  params: ActionRequest['params'],
  { node, nonce }: Drafting,
): ActionRequest {
  return {
    target,
    params,
    context: { agent_id: `agent://${node.node_id.slice('node://'.length)}/owner` },
    nonce: String(nonce),
  };
}
