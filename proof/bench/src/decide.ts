import { type BudgetView, type CompiledPolicy, compilePolicy, evaluate, subjectOf } from '@ioi/law';
import type { ActionRequest } from '@ioi/protocol';
import {
  casbinEngine,
  cedarEngine,
  type Engine,
  governanceEngine,
  type Plain,
  plainOf,
} from './decide-peers.ts';
import { median, percentile } from './measure.ts';
import type { Report, Target } from './report.ts';
import { makeRuleSet } from './rule-set.ts';

const SIZES = [10, 100, 1000, 10_000, 100_000];
const PEERS_UP_TO = 1000;
const REQUESTS = 5000;
const PASSES = 8;
const PEER_REQUESTS = 300;

const TARGETS: Readonly<Record<string, Target>> = {
  'p50_us@1000': { op: '<=', value: 0.5 },
  'p99_us@1000': { op: '<=', value: 3 },
  'p50_us@100000': { op: '<=', value: 1 },
  'speedup_vs_cedar_wasm@1000': { op: '>=', value: 1000 },
  'speedup_vs_agt@1000': { op: '>=', value: 20 },
};

const UNUSED: BudgetView = { calls: () => 0, spent: () => 0n };

type Timings = { readonly decide: readonly number[]; readonly read: readonly number[] };

/**
 * One decision on requests whose values were read beforehand, as the peers get theirs; reading
 * them is timed beside it. Every call is timed by itself: an average would hide the tail.
 */
export async function run(report: Report): Promise<void> {
  for (const size of SIZES) {
    const { rules, requests } = makeRuleSet(size, REQUESTS);
    const policy = compilePolicy(rules);
    const { decide, read } = timeOurs(policy, requests);
    const ours = median(decide);
    const p99 = percentile(decide, 0.99);
    const put = (name: string, value: number, unit: string): void => {
      const figure = `${name}@${size}`;
      const target = TARGETS[figure];
      report.figure({ figure, value, unit, ...(target && { target }) });
    };
    put('p50_us', ours, 'us');
    put('p99_us', p99, 'us');
    if (size === PEERS_UP_TO) put('read_p50_us', median(read), 'us');
    if (size > PEERS_UP_TO) continue;
    const plain = requests.slice(0, PEER_REQUESTS).map(plainOf);
    const verdicts = requests.slice(0, PEER_REQUESTS).map((request) => mayGoAhead(policy, request));
    const peers: readonly [string, string, Engine][] = [
      ['cedar_wasm', '@cedar-policy/cedar-wasm 4.13.0, preparsed', cedarEngine(rules)],
      ['casbin', 'casbin 5.51.1 enforceSync', await casbinEngine(rules)],
      ['agt', '@microsoft/agent-governance-sdk 4.0.0 evaluate', governanceEngine(rules)],
    ];
    for (const [id, name, engine] of peers) {
      if (id !== 'agt') compareAnswers(report, name, plain.map(engine), verdicts);
      const value = median(timePeer(engine, plain));
      const figure = `speedup_vs_${id}@${size}`;
      const target = TARGETS[figure];
      const ratio = value / ours;
      const peer = { name, value, ratio };
      report.figure({ figure, value: ratio, unit: 'x', peer, ...(target && { target }) });
    }
  }
}

function timeOurs(policy: CompiledPolicy, requests: readonly ActionRequest[]): Timings {
  const decide: number[] = [];
  const read: number[] = [];
  let allowed = 0;
  for (let pass = 0; pass < PASSES; pass += 1) {
    for (const request of requests) {
      const start = performance.now();
      const subject = subjectOf(request, {});
      const middle = performance.now();
      const decision = evaluate(policy, subject, UNUSED);
      const end = performance.now();
      if (decision.verdict === 'ALLOW') allowed += 1;
      if (pass < PASSES / 2) continue;
      read.push((middle - start) * 1000);
      decide.push((end - middle) * 1000);
    }
  }
  if (allowed === 0) throw new Error('no request was allowed');
  return { decide, read };
}

function timePeer(engine: Engine, requests: readonly Plain[]): readonly number[] {
  const samples: number[] = [];
  for (let pass = 0; pass < 2; pass += 1) {
    for (const request of requests) {
      const start = performance.now();
      engine(request);
      const end = performance.now();
      if (pass > 0) samples.push((end - start) * 1000);
    }
  }
  return samples;
}

function mayGoAhead(policy: CompiledPolicy, request: ActionRequest): boolean {
  return evaluate(policy, subjectOf(request, {}), UNUSED).verdict !== 'BLOCK';
}

function compareAnswers(
  report: Report,
  name: string,
  theirs: readonly boolean[],
  ours: readonly boolean[],
): void {
  const agreeing = theirs.filter((answer, at) => answer === ours[at]).length;
  report.note(`${name} agrees on ${agreeing} of ${ours.length} requests`);
  if (agreeing < ours.length) throw new Error('the engines compared do not decide the same');
}
