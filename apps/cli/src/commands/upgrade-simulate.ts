import { writeFileSync } from 'node:fs';
import { canonicalJson } from '@ioi/canon';
import {
  compilePolicy,
  governanceKeys,
  type PolicySimulation,
  type ProposalHead,
  simulatePolicy,
} from '@ioi/law';
import type { SimulateProposal } from '@ioi/protocol';
import { shortId } from '../core/match-id.ts';
import { simulationLines } from '../core/simulation-view.ts';
import {
  type Command,
  type Context,
  countOption,
  flagOption,
  type Options,
  textOption,
} from '../shell/context.ts';
import { messageOf, usageFault } from '../shell/fault.ts';
import { artifactDigest, digestArgument, policyArgument } from '../shell/governance.ts';
import { keptRules } from '../shell/policy-file.ts';
import { recordedDecisions } from '../shell/recorded-decisions.ts';
import { findProposal } from './upgrade.ts';

const ACTIONS = 1000;

type Outcome = Pick<SimulateProposal, 'result_hash' | 'passed'> & {
  readonly lines: readonly string[];
  readonly report?: PolicySimulation;
};

/**
 * `ioi upgrade simulate PROPOSAL`: a policy is run over the recorded actions; of everything else
 * the results of an evaluation are recorded. What fails is never approved.
 */
export const upgradeSimulate: Command = async (context, [given = ''], options) => {
  const { governance, output } = context;
  const proposal_id = await findProposal(context, given);
  const head = await governance.head<ProposalHead>(governanceKeys.proposal(proposal_id));
  if (head === undefined) throw usageFault(`there is no proposal ${given}`, 'ioi upgrade list');
  const { target, new_hash: newHash } = head.proposal;
  const { lines, report, ...outcome } =
    target.kind === 'policy'
      ? await policyOutcome(context, newHash, options)
      : resultsOutcome(options);
  for (const line of lines) output.note(line);
  const { entry } = await governance.operate('proposal.simulate', { proposal_id, ...outcome });
  const id = shortId(proposal_id);
  const word = outcome.passed ? 'passed' : 'failed';
  const next = outcome.passed ? 'approve' : 'reject';
  output.say(
    [`simulated: ${id} ${word}, ${outcome.result_hash}`, `next: ioi upgrade decide ${id} ${next}`],
    { proposal_id, ...outcome, ...(report === undefined ? {} : { report }), entry },
  );
  return undefined;
};

async function policyOutcome(
  context: Context,
  newHash: string,
  options: Options,
): Promise<Outcome> {
  const policy = compilePolicy(rulesOf(context, newHash, options));
  const actions = countOption(options, 'actions', ACTIONS);
  const report = simulatePolicy(policy, await recordedDecisions(context.daemon, actions));
  const out = textOption(options, 'out');
  if (out !== undefined) keepReport(out, report);
  const most = countOption(options, 'maxChanged', Number.MAX_SAFE_INTEGER);
  const passed = !flagOption(options, 'failed') && report.changed.length <= most;
  return { result_hash: artifactDigest(report), passed, lines: simulationLines(report), report };
}

/** As it is hashed, so that the digest of the file is the one that is recorded. */
function keepReport(out: string, report: PolicySimulation): void {
  const text = canonicalJson(report);
  if (!text.ok) throw new Error(text.error.message);
  try {
    writeFileSync(out, text.value, { flag: 'wx', mode: 0o600 });
  } catch (fault) {
    throw usageFault(`the report cannot be written: ${messageOf(fault)}`);
  }
}

/** The policy that is proposed: kept when it was proposed from here, or from `--policy`. */
function rulesOf(context: Context, newHash: string, options: Options) {
  const given = textOption(options, 'policy');
  if (given !== undefined && policyArgument(context, given) !== newHash) {
    throw usageFault(`${given} is not the policy that is proposed, ${newHash}`);
  }
  const rules = keptRules(context.home, newHash);
  if (rules !== undefined) return rules;
  throw usageFault(`the text of the policy ${newHash} is not here`, 'the same with --policy FILE');
}

function resultsOutcome(options: Options): Outcome {
  const file = textOption(options, 'results');
  if (file === undefined) {
    const next = 'the same with --results FILE, and --failed where it did';
    throw usageFault('say what the evaluation gave', next);
  }
  const passed = !flagOption(options, 'failed');
  return { result_hash: digestArgument(file), passed, lines: [] };
}
