import { BoundedMap } from '@ioi/basis';
import type { EnforcementCoverage, RunSummary, RunVerdicts } from '@ioi/protocol';

const MOST_RECEIPTS = 100;
const MOST_HOSTS = 256;

/** What became of the requests of one run, counted. */
export class RunRecord {
  readonly #verdicts = { allowed: 0, blocked: 0, pending: 0, refused: 0, unanswered: 0 };
  readonly #reached = new BoundedMap<string, number>(MOST_HOSTS);
  #receipts: readonly string[] = [];
  /** Whether the log says what it left of files. */
  isFilesRecorded = false;
  /** Whether it works on a copy, so that what it does lands by an act of its own or not at all. */
  readonly isOverlay: boolean;

  /** Whether its shells ask before they do something. */
  readonly isAsking: boolean;

  /** What was said to hold it, where that is no sandbox of ours. */
  readonly declared: string | undefined;

  constructor(isOverlay: boolean, isAsking = false, declared?: string) {
    this.isOverlay = isOverlay;
    this.isAsking = isAsking;
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

  get refused(): number {
    return this.#verdicts.refused;
  }

  summary(about: Pick<RunSummary, 'run_id' | 'agent_id' | 'session_id' | 'coverage'>): RunSummary {
    return {
      ...about,
      verdicts: { ...this.#verdicts },
      reached: Object.fromEntries(this.#reached.entries()),
      receipts: this.#receipts,
    };
  }
}

type Covered = Pick<RunRecord, 'isFilesRecorded' | 'isOverlay' | 'isAsking'> &
  Partial<Pick<RunRecord, 'declared'>>;

/**
 * Of a program in a sandbox: what it starts is bounded, and not recorded. Of one outside nothing is
 * known but what it asks for.
 */
export function coverageOf(
  hosts: readonly string[],
  { isFilesRecorded, isOverlay, isAsking, declared }: Covered,
): EnforcementCoverage {
  if (declared !== undefined) {
    const outside = 'declared';
    return { mcp: 'mediated', http: outside, files: outside, processes: outside, declared };
  }
  const http = hosts.length === 0 ? 'closed' : 'mediated';
  const files = isOverlay ? 'mediated' : isFilesRecorded ? 'recorded' : 'bounded';
  const shell = isAsking ? { shell: 'mediated' as const } : {};
  return { mcp: 'mediated', http, files, processes: 'bounded', ...shell };
}
