import { gate } from '@ioi/firewall';
import { type BudgetView, compilePolicy } from '@ioi/law';
import type { ActionRequest } from '@ioi/protocol';
import { median, percentile } from './measure.ts';
import type { Report } from './report.ts';
import { makeRuleSet } from './rule-set.ts';
import { sampleRequest } from './sample.ts';

const RULES = 1000;
const REQUESTS = 2000;
const PASSES = 10;
const UNUSED: BudgetView = { calls: () => 0, spent: () => 0n };

/**
 * The whole gate: bytes of a request of about 1 KB are parsed strictly, validated, canonicalised,
 * hashed, decided under 1,000 rules and given a receipt that only lacks its place in the log.
 */
export function run(report: Report): void {
  const { rules, requests } = makeRuleSet(RULES, REQUESTS);
  const input = { facts: {}, policy: compilePolicy(rules), budgets: UNUSED };
  const inputs = requests.map((request) => new TextEncoder().encode(JSON.stringify(fill(request))));
  const samples: number[] = [];
  const verdicts = new Map<string, number>();
  for (let pass = 0; pass < PASSES; pass += 1) {
    for (const bytes of inputs) {
      const start = performance.now();
      const { receipt } = gate(bytes, input);
      const end = performance.now();
      const { kind } = receipt.verdict;
      verdicts.set(kind, (verdicts.get(kind) ?? 0) + 1);
      if (pass >= PASSES / 2) samples.push((end - start) * 1000);
    }
  }
  const sizes = inputs.map((bytes) => bytes.length);
  const shares = [...verdicts].map(([kind, count]) => `${count / PASSES} ${kind}`).join(', ');
  report.note(`requests of ${Math.min(...sizes)} to ${Math.max(...sizes)} bytes: ${shares}`);
  const p50 = median(samples);
  const p99 = percentile(samples, 0.99);
  report.figure({ figure: 'p50_us', value: p50, unit: 'us', target: { op: '<=', value: 25 } });
  report.figure({ figure: 'p99_us', value: p99, unit: 'us', target: { op: '<=', value: 100 } });
}

/** The request's own deciding parameters within the sample's bulk. */
function fill(request: ActionRequest): ActionRequest {
  const { body, headers } = sampleRequest.params;
  const { agent_id, session_id } = sampleRequest.context;
  const params = { ...request.params, body, headers };
  return { ...request, params, context: { agent_id, session_id } };
}
