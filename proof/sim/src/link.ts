import type { GuardianAnswer, GuardianRequest } from '@ioi/guardian';
import { answerTo, decodeMessage, encodeMessage, type Guardian } from '@ioi/guardian/shell';
import type { Chance } from './chance.ts';
import type { Schedule } from './schedule.ts';
import type { SimProcess } from './sim-process.ts';
import type { Trace } from './trace.ts';

/** The other end of a channel went away: whatever was asked may have been done. */
export class LinkGone extends Error {
  readonly code = 'guardian.gone';
}

export type LinkOptions = {
  readonly schedule: Schedule;
  readonly chance: Chance;
  readonly trace: Trace;
  /** Milliseconds that a message is under way at most. */
  readonly slowness: number;
  readonly writer: SimProcess;
  readonly guardianProcess: SimProcess;
  readonly guardian: Guardian;
  /** The guardian met this, and stops. */
  readonly onFault: (fault: unknown) => void;
  /** The writer's end learns that nothing can be sealed any more. */
  readonly onGone: (fault: LinkGone) => void;
};

type Waiting = {
  readonly resolve: (answer: GuardianAnswer) => void;
  readonly reject: (fault: Error) => void;
};

/** The channel between a log writer and its guardian: in order each way, never in time. */
export class Link {
  readonly #options: LinkOptions;
  readonly #waiting = new Set<Waiting>();
  #there = 0;
  #back = 0;
  #isCut = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    options.guardianProcess.onEnd(() => this.#cutSoon());
    options.writer.onEnd(() => this.#cutSoon());
  }

  ask(request: GuardianRequest): Promise<GuardianAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#isCut) return reject(new LinkGone('the channel is closed'));
      if (!this.#options.writer.isAlive) return;
      const waiting = { resolve, reject };
      this.#waiting.add(waiting);
      const text = JSON.stringify(request);
      this.#there = this.#later(this.#there, () => this.#serve(text, waiting));
    });
  }

  /** Both ends learn of it; what is under way is lost. */
  cut(): void {
    if (this.#isCut) return;
    this.#isCut = true;
    const fault = new LinkGone('the channel was cut');
    for (const { reject } of this.#waiting) reject(fault);
    this.#waiting.clear();
    this.#options.onGone(fault);
  }

  #cutSoon(): void {
    const { schedule, slowness } = this.#options;
    schedule.within(slowness, () => this.cut());
  }

  /** After what was sent before it, in the same direction. */
  #later(last: number, run: () => void): number {
    const { schedule, chance, slowness } = this.#options;
    const at = Math.max(last, schedule.now + chance.delay(slowness));
    schedule.at(at, () => {
      if (!this.#isCut) run();
    });
    return at;
  }

  #serve(text: string, waiting: Waiting): void {
    const { guardian, guardianProcess } = this.#options;
    if (!guardianProcess.isAlive) return;
    const request = JSON.parse(text) as GuardianRequest;
    answerTo(request, guardian).then(
      (answer) => this.#answer(request, answer, waiting),
      (fault: unknown) => this.#stop(fault),
    );
  }

  #answer(request: GuardianRequest, answer: GuardianAnswer, waiting: Waiting): void {
    const { guardianProcess, trace } = this.#options;
    if (!guardianProcess.isAlive) return;
    const name = answer.kind === 'refused' ? answer.refusal.code : answer.kind;
    trace.note(guardianProcess.name, `${request.kind} of ${request.domain}: ${name}`);
    const bytes = encodeMessage({ id: 0, answer });
    this.#back = this.#later(this.#back, () => {
      this.#waiting.delete(waiting);
      const message = decodeMessage(bytes);
      if ('answer' in message) waiting.resolve(message.answer);
    });
    if (request.kind === 'seal') this.#tidySoon();
  }

  /** As in the guardian's process: whose store failed stops, the seal is in doubt. */
  #stop(fault: unknown): void {
    const { guardianProcess, onFault } = this.#options;
    if (!guardianProcess.isAlive) return;
    guardianProcess.end();
    onFault(fault);
  }

  #tidySoon(): void {
    const { guardian, guardianProcess, schedule, slowness } = this.#options;
    schedule.within(slowness, () => {
      if (!guardianProcess.isAlive) return;
      try {
        guardian.tidy();
      } catch (fault) {
        this.#stop(fault);
      }
    });
  }
}
