import type { Readable, Writable } from 'node:stream';
import type { Json } from '@ioi/canon';
import {
  classify,
  errorLine,
  INVALID_REQUEST,
  isObject,
  LineSplitter,
  type Message,
  notificationLine,
  PARSE_ERROR,
  type RpcId,
  resultLine,
} from '@ioi/jsonrpc';
import {
  answerOf,
  callFault,
  callResult,
  type McpAnswer,
  type Served,
} from '../../core/serve/mcp-tools.ts';
import { CommandFault, messageOf } from '../fault.ts';
import type { ServedWorker } from './served-worker.ts';

const LINE_MOST = 2_000_000;
const MOST_CALLS = 64;

type Call = Extract<McpAnswer, { readonly kind: 'call' }>;

/** Speaks MCP over standard streams: each call of a tool is a run of the worker. */
export class McpStdio {
  readonly #worker: ServedWorker;
  readonly #served: Served;
  readonly #out: Writable;
  /** Runs by the request that began them. */
  readonly #calls = new Map<RpcId, AbortController>();

  constructor(worker: ServedWorker, served: Served, out: Writable) {
    this.#worker = worker;
    this.#served = served;
    this.#out = out;
  }

  /** Until its client closes its side; runs that go on then go on at the node. */
  async serve(input: Readable): Promise<void> {
    const lines = new LineSplitter({ maxBytes: LINE_MOST });
    for await (const chunk of input) {
      for (const frame of lines.push(chunk as Buffer)) {
        if (frame.kind === 'line') this.#hear(frame.bytes);
        else this.#refuse(frame.id ?? null, INVALID_REQUEST, 'the message is too long');
      }
    }
    for (const call of this.#calls.values()) call.abort();
  }

  #hear(bytes: Uint8Array): void {
    const message = classify(bytes);
    if (message.ok) this.#take(message.value);
    else {
      const { code, id = null, message: text } = message.error;
      this.#refuse(id, code === 'jsonrpc.parse_error' ? PARSE_ERROR : INVALID_REQUEST, text);
    }
  }

  #take(message: Message): void {
    if (message.kind === 'notification') {
      const { requestId } = isObject(message.params) ? message.params : {};
      const isCancelled = message.method === 'notifications/cancelled';
      if (isCancelled) this.#calls.get(requestId as RpcId)?.abort('cancelled');
      return;
    }
    if (message.kind !== 'request') return;
    const { id, method, params } = message;
    const answer = answerOf(method, params, this.#served);
    if (answer.kind === 'result') this.#say(resultLine(id, answer.result));
    else if (answer.kind === 'error') this.#say(errorLine(id, answer.error));
    else if (this.#calls.has(id)) this.#refuse(id, INVALID_REQUEST, 'the id is in use');
    else if (this.#calls.size >= MOST_CALLS) {
      this.#say(resultLine(id, callFault('serve.too_many: too many calls are under way')));
    } else void this.#call(id, answer);
  }

  async #call(id: RpcId, { task, input, token }: Call): Promise<void> {
    const cut = new AbortController();
    this.#calls.set(id, cut);
    try {
      let status = await this.#worker.begin({ task: task.name, input });
      let progress = 0;
      for await (const next of this.#worker.follow(status, cut.signal)) {
        status = next;
        progress += 1;
        if (token !== undefined) this.#tell(token, progress, wordsOf(next.waiting, next.envelope));
      }
      if (cut.signal.reason === 'cancelled') {
        await this.#worker.cancel(status.envelope.run_id).catch(() => {});
      } else if (!cut.signal.aborted) this.#say(resultLine(id, callResult(task, status)));
    } catch (fault) {
      this.#say(resultLine(id, callFault(textOf(fault))));
    } finally {
      this.#calls.delete(id);
    }
  }

  #tell(progressToken: Json, progress: number, message: string): void {
    this.#say(notificationLine('notifications/progress', { progressToken, progress, message }));
  }

  #refuse(id: RpcId | null, code: number, message: string): void {
    this.#say(errorLine(id, { code, message }));
  }

  #say(line: string): void {
    this.#out.write(`${line}\n`);
  }
}

function wordsOf(waiting: readonly string[], { state }: { readonly state: string }): string {
  return waiting.length > 0 ? 'a person decides at the node whether it goes on' : state;
}

function textOf(fault: unknown): string {
  return fault instanceof CommandFault
    ? `${fault.about.code}: ${fault.about.message}`
    : messageOf(fault);
}
