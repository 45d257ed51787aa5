import { type ChainHead, governanceKeys, type ModuleHead, NO_HASH } from '@ioi/law';
import type { SubmitProposal } from '@ioi/protocol';
import { listLines, recordLines, type Shown } from '../core/governance-view.ts';
import { shortId } from '../core/match-id.ts';
import { visible } from '../core/visible.ts';
import { type Command, type Context, type Options, textOption } from '../shell/context.ts';
import { usageFault } from '../shell/fault.ts';
import {
  artifactDigest,
  digestArgument,
  findRow,
  freshNonce,
  justificationOf,
  policyArgument,
  rowsOf,
  signShown,
} from '../shell/governance.ts';
import { findChain } from './chain.ts';
import { readManifest } from './module.ts';

const PROPOSALS = 'upgrade-proposals';
const COLUMNS: readonly Shown[] = [
  { title: 'PROPOSAL', most: 12, of: 'proposal_id', isId: true },
  { title: 'STATUS', most: 12, of: 'status' },
  { title: 'PASSED', most: 6, of: 'passed' },
  { title: 'INCLUSION', most: 10, of: 'inclusion_result' },
  { title: 'KIND', most: 11, of: 'target_kind' },
  { title: 'TARGET', most: 44, of: 'target_module_id' },
  { title: 'CHAIN', most: 12, of: 'chain_id', isId: true },
];
const VERDICTS = ['approve', 'reject', 'escalate'];

/** The proposal a person means by the beginning of its id. */
export async function findProposal(context: Context, given: string): Promise<string> {
  const about = { projection: PROPOSALS, column: 'proposal_id', list: 'ioi upgrade list' };
  return String((await findRow(context, about, given))['proposal_id']);
}

type Change = Pick<SubmitProposal, 'target' | 'old_hash' | 'new_hash' | 'manifest'>;

/** `ioi upgrade propose CHAIN`: nothing changes yet. */
export const upgradePropose: Command = async (context, [given = ''], options) => {
  const { governance, daemon, output } = context;
  const chain_id = await findChain(context, given);
  const { node_id: nodeId } = await daemon.status();
  const proposal: SubmitProposal = {
    chain_id,
    proposer: textOption(options, 'as') ?? `agent://${nodeId.slice('node://'.length)}/owner`,
    ...(await changeOf(context, chain_id, options)),
    justification: justificationOf(options),
    nonce: freshNonce(),
  };
  const sealed = await governance.operate('proposal.submit', proposal);
  const id = artifactDigest(proposal);
  const lines = [`proposed: ${visible(id)}`, `next: ioi upgrade simulate ${shortId(id)}`];
  output.say(lines, { proposal_id: id, proposal, entry: sealed.entry });
  return undefined;
};

async function changeOf(context: Context, chainId: string, options: Options): Promise<Change> {
  const [module, policy, kind] = ['module', 'policy', 'kind'].map((name) => {
    return textOption(options, name);
  });
  if ([module, policy, kind].filter((each) => each !== undefined).length !== 1) {
    throw usageFault('say what: --module FILE, --policy FILE, or --kind KIND --ref REF --to FILE');
  }
  if (module !== undefined) return moduleChange(context, module);
  if (policy !== undefined) return policyChange(context, chainId, policy);
  return otherChange(context, chainId, { ...options, kind });
}

async function moduleChange({ governance }: Context, path: string): Promise<Change> {
  const manifest = readManifest(path);
  const before = await governance.head<ModuleHead>(governanceKeys.module(manifest.module_id));
  if (before === undefined) {
    throw usageFault(`${manifest.module_id} is not registered`, 'ioi module register FILE');
  }
  const target = { kind: 'module', ref: before.manifest.module_id } as const;
  const old_hash = before.manifest_hash;
  return { target, old_hash, new_hash: artifactDigest(manifest), manifest };
}

async function policyChange(context: Context, chainId: string, given: string): Promise<Change> {
  const chain = await context.governance.head<ChainHead>(governanceKeys.chain(chainId));
  if (chain === undefined) throw usageFault(`there is no chain ${chainId}`, 'ioi chain list');
  const { manifest_ref: ref, policy_hash: old_hash } = chain.envelope;
  return { target: { kind: 'policy', ref }, old_hash, new_hash: policyArgument(context, given) };
}

/** Workflows, tools, routes and schemas are known by what they hash to. */
async function otherChange(
  { governance }: Context,
  chainId: string,
  options: Options,
): Promise<Change> {
  const [ref, to] = [textOption(options, 'ref'), textOption(options, 'to')];
  if (ref === undefined || to === undefined) {
    throw usageFault('--kind wants the target as --ref REF and what it becomes as --to FILE');
  }
  const target = { kind: textOption(options, 'kind'), ref } as Change['target'];
  const known = await governance.head<{ hash: string }>(governanceKeys.target(chainId, target));
  return { target, old_hash: known?.hash ?? NO_HASH, new_hash: digestArgument(to) };
}

/** `ioi upgrade decide PROPOSAL VERDICT`: the owner says what becomes of it. */
export const upgradeDecide: Command = async (context, [given = '', verdict = ''], options) => {
  if (!VERDICTS.includes(verdict)) throw usageFault(`a verdict is one of ${VERDICTS.join(', ')}`);
  const proposal_id = await findProposal(context, given);
  const asked = { proposal_id, verdict };
  const signed = await signShown(context, options, { operation: 'proposal.decide', asked });
  const id = shortId(proposal_id);
  const next = verdict === 'approve' ? [`next: ioi upgrade commit ${id}`] : [];
  context.output.say([`decided: ${verdict} ${id}, entry ${signed.entry.seq}`, ...next], signed);
  return undefined;
};

/** `ioi upgrade commit PROPOSAL`: what was approved takes effect. */
export const upgradeCommit: Command = async (context, [given = '']) => {
  const proposal_id = await findProposal(context, given);
  const { entry } = await context.governance.operate('proposal.commit', { proposal_id });
  const line = `committed: ${shortId(proposal_id)}, entry ${entry.seq}`;
  context.output.say([line], { proposal_id, entry });
  return undefined;
};

/** `ioi upgrade roll-back PROPOSAL`: back to what was there before, decided and committed. */
export const upgradeRollBack: Command = async (context, [given = ''], options) => {
  const proposal_id = await findProposal(context, given);
  const asked = { proposal_id, verdict: 'roll_back' };
  const signed = await signShown(context, options, { operation: 'proposal.decide', asked });
  const decided = signed.entry.events.find(({ type }) => type === 'upgrade.proposal_decided');
  // What was approved and never committed is over with the decision.
  const { entry } =
    decided?.['state'] === 'rolling_back'
      ? await context.governance.operate('proposal.commit', { proposal_id })
      : signed;
  const line = `rolled back: ${shortId(proposal_id)}, entry ${entry.seq}`;
  context.output.say([line], { ...signed, entry });
  return undefined;
};

/** `ioi upgrade list` */
export const upgradeList: Command = async (context) => {
  const answer = await rowsOf(context, PROPOSALS);
  const { output } = context;
  output.say(listLines(COLUMNS, answer.rows, output.plain), answer);
  return undefined;
};

/** `ioi upgrade show PROPOSAL`: where it stands, and every decision about it. */
export const upgradeShow: Command = async (context, [given = '']) => {
  const proposal_id = await findProposal(context, given);
  const [proposal] = (await rowsOf(context, PROPOSALS, { proposal_id })).rows;
  const { rows: decisions } = await context.governance.decisions(proposal_id);
  const decided = decisions.map(({ verdict, reason_code: reason, receipt_id: receipt }) =>
    visible(`decided  ${verdict} ${reason} ${receipt}`),
  );
  context.output.say([...recordLines(proposal ?? {}), ...decided], { proposal, decisions });
  return undefined;
};
