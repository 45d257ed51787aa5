import { seededRandom } from '@ioi/basis';
import {
  budgetsIn,
  compilePolicy,
  evaluate,
  evaluateReference,
  includes,
  referenceOf,
  subjectIn,
  subjectOf,
} from '@ioi/law';
import { type Aspect, type SmallPair, searchWidening, smallPair } from '@ioi/law/testing';
import type { Evidence, Progress } from './evidence.ts';
import { cedarEngine, randomPolicy, randomRequest } from './inclusion-cedar.ts';
import { askSolver, hasSolver } from './inclusion-smt.ts';

export type InclusionSizes = {
  /** Pairs of policies compared by trying every request of a small universe. */
  readonly universes: number;
  /** Pairs of policies put to cvc5; none where there is no cvc5. */
  readonly questions: number;
  /** Requests decided by three evaluators. */
  readonly decisions: number;
};

const FEW: readonly Aspect[] = ['host', 'app', 'existence', 'amount', 'intents', 'calls', 'text'];
/** What takes a larger universe, each of them in every 25th. */
const LARGER: readonly (readonly Aspect[])[] = [
  ['paths'],
  ['commands', 'app'],
  ['addresses', 'app'],
  ['origins', 'existence'],
  ['methods', 'existence'],
  ['time', 'host', 'calls'],
];
const SAID_TO_SOLVER: readonly Aspect[] = ['host', 'app', 'existence', 'cap'];
const RANKS = ['BLOCK', 'REQUIRE_APPROVAL', 'ALLOW'] as const;
const REQUESTS_A_POLICY = 250;

/** Holds inclusion and the evaluators against others: brute force, cvc5, Cedar. */
export function inclusionEvidence(
  { universes, questions, decisions }: InclusionSizes,
  onProgress: Progress,
): Evidence {
  const findings: string[] = [];
  const counts: Record<string, number> = { universes, beyond_universe: 0 };
  for (let at = 0; at < universes; at += 1) {
    const larger = LARGER[at % 25];
    const found = againstSearch(smallPair(`${larger?.[0] ?? 'few'} ${at}`, larger ?? FEW));
    if (found === 'beyond') counts['beyond_universe'] = (counts['beyond_universe'] ?? 0) + 1;
    else if (found !== 'agrees') findings.push(`universe ${at}: ${found}`);
    if (at % 1000 === 0) onProgress(at, universes, 'universes', findings);
  }
  if (hasSolver()) {
    for (let at = 0; at < questions; at += 50) {
      findings.push(...againstSolver(at, Math.min(at + 50, questions)));
      onProgress(at, questions, 'questions to cvc5', findings);
    }
    counts['questions'] = questions;
  } else {
    console.error('cvc5 is not installed (Debian: apt-get install cvc5): nothing is put to it');
  }
  for (let at = 0; at < decisions; at += REQUESTS_A_POLICY) {
    findings.push(...againstCedar(at));
    if (at % 50_000 === 0) onProgress(at, decisions, 'decisions by three evaluators', findings);
  }
  return { findings, counts: { ...counts, decisions } };
}

/** A refusal outside the universe stands when the slow evaluator sees it too. */
function againstSearch(pair: SmallPair): string {
  const inclusion = includes(compilePolicy(pair.before), compilePolicy(pair.after));
  const widening = searchWidening(pair);
  if (inclusion.verdict === 'included') {
    return widening === undefined ? 'agrees' : 'included, and a request goes further';
  }
  if (inclusion.verdict === 'undecided') return `undecided: ${inclusion.reason}`;
  const { situation } = inclusion.witness;
  const [was = 2, is = 0] = [pair.before, pair.after].map((rules) => {
    const { verdict } = evaluateReference(rules, subjectIn(situation), budgetsIn(situation));
    return RANKS.indexOf(verdict);
  });
  if (is <= was) return 'the witness of a refusal does not go further';
  return widening === undefined ? 'beyond' : 'agrees';
}

function againstSolver(from: number, to: number): readonly string[] {
  const pairs = Array.from({ length: to - from }, (_, at) =>
    smallPair(`solver ${from + at}`, SAID_TO_SOLVER, 12),
  );
  const answers = askSolver(pairs, ['fs::read', 'fs::move', 'fs::other']);
  return pairs.flatMap(({ before, after }, at) => {
    const { verdict } = includes(compilePolicy(before), compilePolicy(after));
    const expected = answers[at] === true ? 'refused' : 'included';
    return verdict === expected ? [] : [`question ${from + at}: ${verdict}, cvc5 ${expected}`];
  });
}

function againstCedar(from: number): readonly string[] {
  const random = seededRandom(`decisions ${from}`);
  const rules = randomPolicy(random);
  const policy = compilePolicy(rules);
  const cedar = cedarEngine(rules);
  const reference = referenceOf(policy.rules);
  const unused = { calls: () => 0, spent: () => 0n };
  const findings: string[] = [];
  for (let at = 0; at < REQUESTS_A_POLICY; at += 1) {
    const asked = randomRequest(random);
    const subject = subjectOf(asked.request, asked.facts);
    const fast = evaluate(policy, subject, unused);
    const slow = reference(subject, unused);
    if (JSON.stringify(fast) !== JSON.stringify(slow)) {
      findings.push(`decision ${from + at}: ${fast.verdict}, reference ${slow.verdict}`);
    }
    if (cedar(asked) !== (fast.verdict !== 'BLOCK')) {
      findings.push(`decision ${from + at}: ${fast.verdict}, Cedar otherwise`);
    }
  }
  return findings;
}
