import { codes } from '@ioi/protocol';
import type { Decided, Effect, Input } from '../action.ts';
import type { Family, Sample } from './exposition.ts';
import { Histogram } from './histogram.ts';

const VERDICTS = [
  'Allow',
  'Approved',
  'Block',
  'PendingApproval',
] as const satisfies readonly Decided['verdict'][];
const KNOWN: ReadonlySet<string> = new Set(codes.map(({ code }) => code));
/** For what no list of ours names, so that nobody outside makes up labels. */
const OTHER = 'other';

/** What became of acts since the daemon started, counted where their effects come to an end. */
export class ActCounts {
  readonly #verdicts = new Map<string, number>(VERDICTS.map((verdict) => [verdict, 0]));
  readonly #denials = new Map<string, number>();
  readonly #failures = new Map<string, number>();
  readonly #deciding = new Histogram();

  /** An effect of an act ended, with what it gave. */
  saw(effect: Effect, input: Input | undefined): void {
    if (input?.kind === 'decided') this.#decided(input.decision);
    if (effect.kind !== 'answer' || effect.answer.kind !== 'failed') return;
    count(this.#failures, labelOf(effect.answer.code));
  }

  decidedIn(milliseconds: number): void {
    this.#deciding.saw(milliseconds);
  }

  families(): Family[] {
    return [
      {
        name: 'ioi_decisions_total',
        kind: 'counter',
        help: 'Sealed decisions by verdict, since the daemon started.',
        samples: samplesOf(this.#verdicts, 'verdict'),
      },
      {
        name: 'ioi_denials_total',
        kind: 'counter',
        help: 'Sealed decisions that block, by code, since the daemon started.',
        samples: samplesOf(this.#denials, 'code'),
      },
      {
        name: 'ioi_failed_acts_total',
        kind: 'counter',
        help: 'Acts that ended without a receipt, by code, since the daemon started.',
        samples: samplesOf(this.#failures, 'code'),
      },
      {
        name: 'ioi_decision_duration_seconds',
        kind: 'histogram',
        help: 'From the facts of an act to its verdict here, since the daemon started.',
        samples: this.#deciding.samples(),
      },
    ];
  }

  #decided({ verdict, code }: Decided): void {
    count(this.#verdicts, verdict);
    if (verdict === 'Block') count(this.#denials, labelOf(code));
  }
}

function labelOf(code: string): string {
  return KNOWN.has(code) ? code : OTHER;
}

function count(counts: Map<string, number>, label: string): void {
  counts.set(label, (counts.get(label) ?? 0) + 1);
}

function samplesOf(counts: ReadonlyMap<string, number>, label: string): Sample[] {
  return [...counts].map(([name, value]) => ({ labels: { [label]: name }, value }));
}
