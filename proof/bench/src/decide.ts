import { type BudgetView, compilePolicy, type Decision, evaluate, subjectOf } from '@ioi/law';
import type { ActionRequest, ActionRules } from '@ioi/protocol';
import {
  casbinEngine,
  cedarEngine,
  type Engine,
  governanceEngine,
  plainOf,
} from './decide-peers.ts';
import { median, percentile } from './measure.ts';
import type { Report, Target } from './report.ts';
import { makeRuleSet } from './rule-set.ts';

const SIZES = [10, 100, 1000, 10_000, 100_000];
const PEERS_UP_TO = 1000;
const REQUESTS = 1000;
const PASSES = 40;
const PEER_REQUESTS = 300;

const TARGETS: Readonly<Record<string, Target>> = {
  'p50_us@1000': { op: '<=', value: 0.5 },
  'p99_us@1000': { op: '<=', value: 3 },
  'p50_us@100000': { op: '<=', value: 1 },
  'speedup_vs_cedar_wasm@1000': { op: '>=', value: 1000 },
  'speedup_vs_agt@1000': { op: '>=', value: 20 },
};

const UNUSED: BudgetView = { calls: () => 0, spent: () => 0n };

/**
 * One decision on requests whose values were read beforehand, as the peers get theirs; reading
 * them is timed beside it. Every call is timed by itself: an average would hide the tail.
 */
export async function run(report: Report): Promise<void> {
  for (const size of SIZES) {
    const { rules, requests } = makeRuleSet(size, REQUESTS);
    const policy = compilePolicy(rules);
    const subjects = requests.map((request) => subjectOf(request, {}));
    const decide = timeEach(subjects, (subject) => evaluate(policy, subject, UNUSED));
    const ours = median(decide);
    const put = (name: string, value: number): void => {
      const figure = `${name}@${size}`;
      report.figure({ figure, value, unit: 'us', ...targetOf(figure) });
    };
    put('p50_us', ours);
    put('p99_us', percentile(decide, 0.99));
    if (size > PEERS_UP_TO) continue;
    if (size === PEERS_UP_TO) {
      put('read_p50_us', median(timeEach(requests, (request) => subjectOf(request, {}))));
    }
    const verdicts = subjects.map((subject) => evaluate(policy, subject, UNUSED).verdict);
    await comparePeers(report, { rules, requests, verdicts, ours });
  }
}

type Comparison = {
  readonly rules: ActionRules;
  readonly requests: readonly ActionRequest[];
  readonly verdicts: readonly Decision['verdict'][];
  /** Our median, in microseconds. */
  readonly ours: number;
};

async function comparePeers(report: Report, comparison: Comparison): Promise<void> {
  const { rules, requests, verdicts, ours } = comparison;
  const plain = requests.slice(0, PEER_REQUESTS).map(plainOf);
  const peers: readonly (readonly [string, string, Engine])[] = [
    ['cedar_wasm', '@cedar-policy/cedar-wasm 4.13.0, preparsed', cedarEngine(rules)],
    ['casbin', 'casbin 5.51.1 enforceSync', await casbinEngine(rules)],
    ['agt', '@microsoft/agent-governance-sdk 4.0.0 evaluate', governanceEngine(rules)],
  ];
  for (const [id, name, engine] of peers) {
    if (id !== 'agt') checkAgreement(report, name, plain.map(engine), verdicts);
    const value = median(timeEach(plain, engine, 2));
    const figure = `speedup_vs_${id}@${rules.rules.length}`;
    const peer = { name, value, ratio: value / ours };
    report.figure({ figure, value: value / ours, unit: 'x', peer, ...targetOf(figure) });
  }
}

function targetOf(figure: string): { readonly target?: Target } {
  const target = TARGETS[figure];
  return target === undefined ? {} : { target };
}

/** Microseconds of every call in the later half of the passes; the first half warms up. */
function timeEach<T>(
  inputs: readonly T[],
  work: (input: T) => unknown,
  passes = PASSES,
): readonly number[] {
  const samples: number[] = [];
  let last: unknown;
  for (let pass = 0; pass < passes; pass += 1) {
    for (const input of inputs) {
      const start = performance.now();
      last = work(input);
      const end = performance.now();
      if (pass >= passes / 2) samples.push((end - start) * 1000);
    }
  }
  if (last === undefined) throw new Error('nothing was measured');
  return samples;
}

/** Whether an engine lets the same requests go ahead, with or without a person. */
function checkAgreement(
  report: Report,
  name: string,
  answers: readonly boolean[],
  verdicts: readonly Decision['verdict'][],
): void {
  const agreeing = answers.filter((answer, at) => answer === (verdicts[at] !== 'BLOCK')).length;
  report.note(`${name} agrees on ${agreeing} of ${answers.length} requests`);
  if (agreeing < answers.length) throw new Error('the engines compared do not decide the same');
}
