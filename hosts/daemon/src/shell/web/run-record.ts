import { BoundedMap } from '@ioi/basis';
import type { TokenUsage } from '@ioi/law';
import type { EnforcementCoverage, ModelUse, RunSummary, RunVerdicts } from '@ioi/protocol';

const MOST_RECEIPTS = 100;
const MOST_HOSTS = 256;
const MOST_USES = 64;

type HowRun = {
  readonly isOverlay: boolean;
  readonly isAsking?: boolean;
  readonly isPassing?: boolean;
  readonly declared?: string | undefined;
};

/** What became of the requests of one run, counted. */
export class RunRecord {
  readonly #verdicts = { allowed: 0, blocked: 0, pending: 0, refused: 0, unanswered: 0 };
  readonly #reached = new BoundedMap<string, number>(MOST_HOSTS);
  readonly #uses = new BoundedMap<string, ModelUse>(MOST_USES);
  #receipts: readonly string[] = [];
  /** Whether the log says what it left of files. */
  isFilesRecorded = false;
  /** Whether it works on a copy, so that what it does lands by an act of its own or not at all. */
  readonly isOverlay: boolean;

  /** Whether its shells ask before they do something. */
  readonly isAsking: boolean;

  /** Whether its questions to models are passed by routes of the node. */
  readonly isPassing: boolean;
  /** What was said to hold it, where that is no sandbox of ours. */
  readonly declared: string | undefined;

  constructor({ isOverlay, isAsking = false, isPassing = false, declared }: HowRun) {
    this.isOverlay = isOverlay;
    this.isAsking = isAsking;
    this.isPassing = isPassing;
    this.declared = declared;
  }

  count(verdict: keyof RunVerdicts, receiptId: string | undefined): void {
    this.#verdicts[verdict] += 1;
    if (receiptId === undefined) return;
    this.#receipts = [...this.#receipts, receiptId].slice(-MOST_RECEIPTS);
  }

  reached(host: string): void {
    this.#reached.set(host, (this.#reached.get(host) ?? 0) + 1);
  }

  /** A candidate answered, and said or did not say what that took. */
  served(
    which: Pick<ModelUse, 'route' | 'asked' | 'served'>,
    { input_tokens, output_tokens }: TokenUsage = { input_tokens: 0, output_tokens: 0 },
  ): void {
    const key = JSON.stringify(which);
    const so = this.#uses.get(key);
    this.#uses.set(key, {
      ...which,
      answers: (so?.answers ?? 0) + 1,
      input_tokens: (so?.input_tokens ?? 0) + input_tokens,
      output_tokens: (so?.output_tokens ?? 0) + output_tokens,
    });
  }

  get refused(): number {
    return this.#verdicts.refused;
  }

  summary(about: Omit<RunSummary, 'verdicts' | 'reached' | 'models' | 'receipts'>): RunSummary {
    return {
      ...about,
      verdicts: { ...this.#verdicts },
      reached: Object.fromEntries(this.#reached.entries()),
      ...(this.isPassing ? { models: [...this.#uses.entries()].map(([, use]) => use) } : {}),
      receipts: this.#receipts,
    };
  }
}

type Covered = Pick<RunRecord, 'isFilesRecorded' | 'isOverlay' | 'isAsking' | 'isPassing'> &
  Partial<Pick<RunRecord, 'declared'>>;

/**
 * Of a program in a sandbox: what it starts is bounded, and not recorded. Of one outside nothing is
 * known but what it asks for.
 */
export function coverageOf(
  hosts: readonly string[],
  { isFilesRecorded, isOverlay, isAsking, isPassing, declared }: Covered,
): EnforcementCoverage {
  if (declared !== undefined) {
    const outside = 'declared';
    return { mcp: 'mediated', http: outside, files: outside, processes: outside, declared };
  }
  const http = hosts.length === 0 ? 'closed' : 'mediated';
  const files = isOverlay ? 'mediated' : isFilesRecorded ? 'recorded' : 'bounded';
  const shell = isAsking ? { shell: 'mediated' as const } : {};
  const models = isPassing ? { models: 'mediated' as const } : {};
  return { mcp: 'mediated', http, files, processes: 'bounded', ...shell, ...models };
}
