import { type Delivery, SealedLogFile } from '@ioi/agentgres/shell';
import { err, ok, type Result } from '@ioi/basis';
import type { Rejection } from '@ioi/protocol';
import type {
  Answer,
  ProjectionData,
  Question,
  Questions,
  SealedNow,
} from './projection-messages.ts';
import { ProjectionService } from './projection-service.ts';

export type HubOptions = {
  readonly now: () => number;
  readonly say: (message: string, about: object) => void;
  readonly tell: (deliveries: readonly Delivery[]) => void;
};

/**
 * The projections of every domain that somebody asked for, beside each other in one thread. One
 * whose projections cannot be opened or folded on says so, and holds up no other.
 */
export class ProjectionHub {
  readonly #options: HubOptions;
  readonly #domains = new Map<string, Result<ProjectionService, Rejection>>();
  /** Where each subscriber listens. */
  readonly #listening = new Map<number, ProjectionService>();

  constructor(options: HubOptions) {
    this.#options = options;
  }

  open(data: ProjectionData): void {
    const { domain, folder } = data;
    try {
      const log = new SealedLogFile(folder);
      this.#domains.set(domain, ok(new ProjectionService({ ...this.#options, ...data, log })));
    } catch (fault) {
      const message = fault instanceof Error ? fault.message : String(fault);
      this.#options.say('projections cannot be opened', { domain, reason: message });
      this.#domains.set(domain, err({ code: 'projection.fault', message }));
    }
  }

  sealed({ domain, ...seal }: Omit<SealedNow, 'kind'>): void {
    const found = this.#domains.get(domain);
    if (found?.ok) found.value.sealed(seal);
  }

  async answer<K extends Question>(
    domain: string,
    question: K,
    ask: Questions[K]['ask'],
  ): Promise<Answer<K>> {
    const found = this.#domains.get(domain);
    if (found === undefined) throw new Error(`the projections of ${domain} are not open`);
    if (!found.ok) return found;
    if ('subscriber' in ask) this.#listening.set(ask.subscriber, found.value);
    return found.value.answer(question, ask);
  }

  leave(subscriber: number): void {
    this.#listening.get(subscriber)?.leave(subscriber);
    this.#listening.delete(subscriber);
  }

  close(): void {
    for (const found of this.#domains.values()) if (found.ok) found.value.close();
  }
}
