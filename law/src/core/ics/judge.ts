import type { Json } from '@ioi/canon';
import type { EndWorkerRun, IntentContractSchema, RunCompletionReceipt } from '@ioi/protocol';
import { findIn, isDecidable } from './rubric.ts';

type Contract = IntentContractSchema;
export type Judged = NonNullable<EndWorkerRun['judged']>[number];
type Verdict = Judged['verdict'];
type Tier = NonNullable<RunCompletionReceipt['contract']>['tier'];

const PEOPLE = 'people judge it, or a program that nobody ran here';
const NOTHING_CAME = 'there is no output';

/** 4A: nobody has to judge it. One without a rubric, or with an entry of taste, is for people. */
export function tierOf({ rubric = {} }: Contract): Tier {
  const entries = Object.entries(rubric);
  const isPlain = entries.every(([name, wanted]) => isDecidable(name, wanted));
  return entries.length > 0 && isPlain ? '4A' : '4B';
}

function rubricEntry(name: string): string {
  return `rubric.${name}`;
}

/** What of a rubric the output decides, in the order of names. */
export function judgeOutput({ rubric = {} }: Contract, output: Json): readonly Judged[] {
  return namesOf(rubric).flatMap((name) => {
    const found = findIn(name, rubric[name] as NonNullable<typeof rubric>[string], output);
    if (found === undefined) return [];
    const verdict = found.isKept ? ('kept' as const) : ('broken' as const);
    return [{ entry: rubricEntry(name), verdict, why: found.why }];
  });
}

type Ending = {
  /** Chain Time of the end. */
  readonly at: bigint;
  /** Whether it was completed: what was never delivered kept nothing. */
  readonly isDelivered: boolean;
  /** What it was to deliver (`output_contract.type`). */
  readonly outcome: string;
  /** What its output decided, as it was sealed; none where it gave none. */
  readonly judged: readonly Judged[];
};

/** Every entry of a contract. What nobody can decide here is said to be so, and never kept. */
export function judgeContract(contract: Contract, ending: Ending): readonly Judged[] {
  const { rubric = {} } = contract;
  const said = new Map(ending.judged.map((each) => [each.entry, each]));
  const ofRubric = namesOf(rubric).map((name): Judged => {
    const entry = rubricEntry(name);
    const why = isDecidable(name, rubric[name] as never) ? NOTHING_CAME : PEOPLE;
    return said.get(entry) ?? { entry, verdict: 'not_decided', why };
  });
  return [...fieldsOf(contract, ending), ...ofRubric];
}

function fieldsOf(contract: Contract, { at, outcome, isDelivered }: Ending): readonly Judged[] {
  const { deadline_epoch, allowed_providers, outcome_type } = contract;
  const fields: Judged[] = [];
  if (contract.max_price !== undefined) {
    fields.push(undecided('max_price', 'nothing was paid for the work here'));
  }
  if (deadline_epoch !== undefined) {
    const inTime = isDelivered ? 'kept' : 'not_decided';
    const verdict = at <= BigInt(deadline_epoch) ? inTime : 'broken';
    fields.push({ entry: 'deadline_epoch', verdict, why: `it ended at ${at}` });
  }
  if (contract.min_confidence_score !== undefined) {
    fields.push(undecided('min_confidence_score', 'a worker says nothing of itself that counts'));
  }
  if (allowed_providers !== undefined) {
    const why = 'its publisher is one of them';
    fields.push({ entry: 'allowed_providers', verdict: 'kept', why });
  }
  if (outcome_type !== undefined) {
    const isThis = outcome_type === outcome && isDelivered;
    const given = isDelivered ? `the task gives ${outcome}` : NOTHING_CAME;
    const why = isThis ? 'it is what the task gives' : given;
    fields.push({ entry: 'outcome_type', verdict: isThis ? 'kept' : 'not_decided', why });
  }
  return fields;
}

/** Broken by one entry; kept by all of them, where it was delivered. */
export function verdictOf(judged: readonly Judged[], isDelivered: boolean): Verdict {
  const of = (verdict: Verdict) => judged.some((each) => each.verdict === verdict);
  if (of('broken')) return 'broken';
  const isOpen = of('not_decided') || judged.length === 0;
  return isOpen || !isDelivered ? 'not_decided' : 'kept';
}

/** Exactly what the output of this contract decides, whatever the verdicts. */
export function isWhole({ rubric = {} }: Contract, judged: readonly Judged[]): boolean {
  const wanted = namesOf(rubric).filter((name) => isDecidable(name, rubric[name] as never));
  const isSame = judged.every(({ entry }, at) => entry === rubricEntry(wanted[at] ?? ''));
  const isDecided = judged.every(({ verdict }) => verdict !== 'not_decided');
  return judged.length === wanted.length && isSame && isDecided;
}

function namesOf(rubric: NonNullable<Contract['rubric']>): readonly string[] {
  return Object.keys(rubric).sort();
}

function undecided(entry: string, why: string): Judged {
  return { entry, verdict: 'not_decided', why };
}
