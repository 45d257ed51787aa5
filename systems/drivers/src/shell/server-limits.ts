import type { RpcError } from '@ioi/jsonrpc';
import type { ToolAnswer } from '../core/answer.ts';
import { named } from './questions.ts';
import type { Passage } from './upstream.ts';

/** What one server is given and taken from, whatever the contracts of its tools say. */
export type ServerLimits = {
  /** Acts begun within any 60 seconds. */
  readonly callsPerMinute?: number;
  /** Of one answer, as it comes over the wire. */
  readonly answerBytes?: number;
  /** Of one act from its beginning, however often the server says that it goes on. */
  readonly seconds?: number;
};

const MINUTE_MS = 60_000;

/** Holds one server to its limits; what goes beyond is told by the name of the limit. */
export class LimitsHeld {
  readonly #limits: ServerLimits;
  readonly #server: string;
  readonly #now: () => number;
  /** When each act of the last minute began, the oldest first. */
  readonly #begun: number[] = [];

  constructor(limits: ServerLimits, server: string, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#server = server;
    this.#now = now;
  }

  /** Counts an act that begins now, or says why it may not. */
  begin(): RpcError | undefined {
    const { callsPerMinute } = this.#limits;
    if (callsPerMinute === undefined) return undefined;
    const now = this.#now();
    while ((this.#begun[0] ?? now) <= now - MINUTE_MS) this.#begun.shift();
    const [oldest = now] = this.#begun;
    if (this.#begun.length < callsPerMinute) {
      this.#begun.push(now);
      return undefined;
    }
    const wait = Math.ceil((oldest + MINUTE_MS - now) / 1000);
    const said = `${this.#server} is given ${callsPerMinute} a minute; ask again in ${wait} s`;
    const message = `${said}, or ${this.#raise('calls-per-minute')}`;
    return named('upstream.calls_per_minute', message);
  }

  /** The narrower of the contract's limits and the server's. */
  narrow(passage: Passage): Passage {
    const { answerBytes = Number.POSITIVE_INFINITY, seconds } = this.#limits;
    const outputBytes = Math.min(passage.outputBytes, answerBytes);
    if (seconds === undefined) return { ...passage, outputBytes };
    const mostMs = seconds * 1000;
    const timeoutMs = Math.min(passage.timeoutMs, mostMs);
    return { ...passage, outputBytes, timeoutMs, mostMs };
  }

  /** Where it was a limit of the server that ended it, by its name and with what to do. */
  told(answer: ToolAnswer, passage: Passage): ToolAnswer {
    if (answer.kind !== 'silent') return answer;
    const { answerBytes, seconds } = this.#limits;
    const isOurs = answerBytes !== undefined && answerBytes < passage.outputBytes;
    if (answer.silence === 'output_too_large' && isOurs) {
      const said = `upstream.answer_bytes: ${this.#server} may answer with ${answerBytes} bytes`;
      return { ...answer, detail: `${said}; ${this.#raise('answer-bytes')}` };
    }
    const isEarlier = seconds !== undefined && seconds * 1000 <= passage.timeoutMs;
    if (answer.silence !== 'timeout' || !(isEarlier || (seconds && passage.isTask))) return answer;
    const said = `upstream.seconds: ${this.#server} has ${seconds} s for each`;
    return { ...answer, detail: `${said}; ${this.#raise('seconds')}` };
  }

  #raise(option: string): string {
    return `give it more: ioi mcp limit ${this.#server} --${option} MORE`;
  }
}
