import { keys, type PolicyHead } from '@ioi/law';
import type { LogEntry, PolicyProposal } from '@ioi/protocol';
import type { HeadReader } from './head-reader.ts';
import type { KeptFile } from './mcp/kept-file.ts';

const DECIDE = 'boundary/action.decide';
/** Read at once, and at most in one look: however long the log is, nobody waits for it. */
const PAGE = 250;
const PAGES = 4;

type Options = {
  readonly reader: Pick<HeadReader, 'size' | 'get' | 'changedAt' | 'texts'>;
  /** What was dismissed. */
  readonly file: KeptFile;
  /** Acts until the first proposal; 0 for none. */
  readonly after: number;
};

/**
 * When a node that observes proposes to learn a policy from that and to enforce. It counts, and no
 * more: what would be learnt is worked out by whoever looks, and only the owner's signature makes
 * it decide. Only what came since the last look is read, and nothing once it proposes.
 */
export class Proposals {
  readonly #options: Options;
  /** Log position from which the policy observes; undefined where it does not. */
  #since: number | undefined;
  #next = 0;
  #acts = 0;
  #at = 0;

  constructor(options: Options) {
    this.#options = options;
  }

  /** Undefined where the policy enforces, observes for a while alone, or nothing is proposed. */
  told(): PolicyProposal | undefined {
    const { after } = this.#options;
    const since = this.#observedSince();
    if (after === 0 || since === undefined) return undefined;
    if (since !== this.#since) {
      this.#since = since;
      this.#next = since + 1;
      this.#acts = 0;
      this.#at = Math.max(after, this.#dismissed(since));
    }
    this.#count();
    return { acts: this.#acts, at: this.#at, proposed: this.#acts >= this.#at };
  }

  /** Not before as many acts more; undefined where nothing is proposed. */
  dismiss(): PolicyProposal | undefined {
    const told = this.told();
    if (told === undefined || !told.proposed) return undefined;
    const { after, file } = this.#options;
    this.#at = told.at + after;
    file.write({ since: this.#since, at: this.#at });
    return this.told();
  }

  #observedSince(): number | undefined {
    const { reader } = this.#options;
    const policy = reader.get<PolicyHead>(keys.policy);
    if (policy?.mode !== 'observe' || policy.observe_until !== undefined) return undefined;
    return reader.changedAt(keys.policy);
  }

  #count(): void {
    const { reader } = this.#options;
    for (let page = 0; page < PAGES; page += 1) {
      if (this.#acts >= this.#at || this.#next >= reader.size) return;
      const to = Math.min(reader.size, this.#next + PAGE);
      for (const text of reader.texts(this.#next, to)) {
        if (this.#acts >= this.#at) return;
        this.#next += 1;
        if (isDecision(text)) this.#acts += 1;
      }
    }
  }

  /** Of this policy, and not of one before. What cannot be read dismisses nothing. */
  #dismissed(since: number): number {
    try {
      const { since: of, at } = Object(this.#options.file.read()) as Record<string, unknown>;
      return of === since && Number.isSafeInteger(at) ? Number(at) : 0;
    } catch {
      return 0;
    }
  }
}

/** Most entries are read no further than this; a text of an agent counts for nothing. */
function isDecision(text: string): boolean {
  return text.includes(DECIDE) && (JSON.parse(text) as LogEntry).operation === DECIDE;
}
