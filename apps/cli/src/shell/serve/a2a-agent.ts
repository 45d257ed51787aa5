import { randomUUID } from 'node:crypto';
import { err, ok, type Result } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import type { JsonObject, RpcError } from '@ioi/jsonrpc';
import type { WorkerRunStatus } from '@ioi/protocol';
import { type A2aReason, a2aError } from '../../core/serve/a2a-errors.ts';
import type { A2aCall, A2aListed, A2aSent } from '../../core/serve/a2a-request.ts';
import { isAnswer, isOver, stateOf, taskOf, updatesOf } from '../../core/serve/a2a-task.ts';
import { inputOf, taskMeant } from '../../core/serve/task-input.ts';
import { CommandFault, messageOf } from '../fault.ts';
import type { BegunTasks } from './begun-tasks.ts';
import type { ServedDetail } from './served-detail.ts';
import type { ServedWorker } from './served-worker.ts';

export type A2aAgentOptions = {
  readonly worker: ServedWorker;
  readonly served: ServedDetail;
  readonly begun: BegunTasks;
};

/** In the words of 1.0: what is answered at once, or one after the other. */
export type A2aAnswer =
  | { readonly kind: 'task'; readonly task: JsonObject }
  | { readonly kind: 'sent'; readonly task: JsonObject }
  | { readonly kind: 'page'; readonly page: JsonObject }
  | { readonly kind: 'stream'; readonly events: AsyncGenerator<JsonObject> };

type Answered = Result<A2aAnswer, RpcError>;
type Known = { readonly status: WorkerRunStatus; readonly context: string };

/** Each message is a run of the worker; what a client may look at is what was begun here. */
export class A2aAgent {
  readonly #worker: ServedWorker;
  readonly #served: ServedDetail;
  readonly #begun: BegunTasks;

  constructor({ worker, served, begun }: A2aAgentOptions) {
    this.#worker = worker;
    this.#served = served;
    this.#begun = begun;
  }

  async answer(call: A2aCall, signal: AbortSignal): Promise<Answered> {
    try {
      return await this.#answer(call, signal);
    } catch (fault) {
      return err(faultOf(fault));
    }
  }

  async #answer(call: A2aCall, signal: AbortSignal): Promise<Answered> {
    switch (call.kind) {
      case 'send':
      case 'stream': {
        const sent = await this.#begin(call.message);
        if (!sent.ok) return sent;
        if (call.kind === 'stream') return this.#stream(sent.value, signal);
        const known = call.isWaited ? await this.#waited(sent.value, signal) : sent.value;
        return ok({ kind: 'sent', task: taskOf(known.status, known.context) });
      }
      case 'list':
        return this.#list(call.listed);
      default: {
        const known = await this.#known(call.id);
        return known === undefined ? unknown(call.id) : this.#about(call.kind, known, signal);
      }
    }
  }

  async #about(
    kind: 'get' | 'cancel' | 'subscribe',
    known: Known,
    signal: AbortSignal,
  ): Promise<Answered> {
    const { status, context } = known;
    if (kind === 'get') return ok({ kind: 'task', task: taskOf(status, context) });
    if (kind === 'subscribe') {
      if (isOver(status)) return refuse('UNSUPPORTED_OPERATION', 'the task is over');
      return this.#stream(known, signal);
    }
    if (isOver(status)) return refuse('TASK_NOT_CANCELABLE', 'the task is over');
    const cancelled = await this.#worker.cancel(status.envelope.run_id);
    return ok({ kind: 'task', task: taskOf(cancelled, context) });
  }

  async #begin(message: A2aSent): Promise<Result<Known, RpcError>> {
    if (message.taskId !== undefined) return this.#further(message.taskId, message.contextId);
    const { tasks } = await this.#served.current();
    const meant = taskMeant(tasks, message.skillId);
    if (!meant.ok) return refuse('INVALID_PARAMS', meant.error.message, meant.error.code);
    const input = inputOf(meant.value, message.parts);
    if (!input.ok) return refuse('INVALID_PARAMS', input.error.message, input.error.code);
    const task = meant.value.name;
    const id = JSON.stringify([message.contextId ?? '', message.messageId]);
    // Of all that is sent: another message under the id of an earlier one is another run.
    const digest = digestOf([id, task, input.value]);
    if (!digest.ok) return refuse('INVALID_PARAMS', digest.error.message, 'canon.refused');
    const sent = digest.value;
    const known = await this.#known(this.#begun.runOf(sent) ?? '');
    if (known !== undefined) return ok(known);
    const status = await this.#worker.begin({ task, input: input.value, key: sent });
    const run = status.envelope.run_id;
    const context = this.#begun.contextOf(run) ?? message.contextId ?? randomUUID();
    this.#begun.add({ run, context, sent });
    return ok({ status, context });
  }

  /** A run was given all it takes when it began. */
  async #further(id: string, context: string | undefined): Promise<Result<never, RpcError>> {
    const known = await this.#known(id);
    if (known === undefined) return unknown(id);
    if (context !== undefined && context !== known.context) {
      return refuse('INVALID_PARAMS', 'the task is of another context');
    }
    return refuse(
      'UNSUPPORTED_OPERATION',
      'a task takes no further message: send it without taskId',
    );
  }

  async #known(id: string): Promise<Known | undefined> {
    const context = this.#begun.contextOf(id);
    return context === undefined ? undefined : { status: await this.#worker.look(id), context };
  }

  async #waited({ status, context }: Known, signal: AbortSignal): Promise<Known> {
    if (isAnswer(status)) return { status, context };
    let last = status;
    for await (const next of this.#worker.follow(status, signal)) {
      last = next;
      if (isAnswer(next)) break;
    }
    return { status: last, context };
  }

  #stream({ status, context }: Known, signal: AbortSignal): Answered {
    const { follow } = this.#worker;
    const following = follow.call(this.#worker, status, signal);
    async function* events(): AsyncGenerator<JsonObject> {
      yield { task: taskOf(status, context) };
      for await (const next of following) yield* updatesOf(next, context);
    }
    return ok({ kind: 'stream', events: events() });
  }

  async #list({ contextId, state, pageSize, after, withArtifacts }: A2aListed): Promise<Answered> {
    const all = this.#begun.all().filter(({ context }) => {
      return contextId === undefined || contextId === context;
    });
    const tasks: JsonObject[] = [];
    let at = after;
    for (; at < all.length && tasks.length < pageSize; at += 1) {
      const { run = '', context = '' } = all[at] ?? {};
      const status = await this.#worker.look(run);
      if (state !== undefined && stateOf(status) !== state) continue;
      const { artifacts, ...task } = taskOf(status, context);
      tasks.push(withArtifacts ? { ...task, artifacts: artifacts ?? [] } : task);
    }
    const nextPageToken = at < all.length ? String(at) : '';
    const page = { tasks, nextPageToken, pageSize: tasks.length, totalSize: all.length };
    return ok({ kind: 'page', page });
  }
}

/** What the node refused, by its code; what it takes is the client's to mend. */
export function faultOf(fault: unknown): RpcError {
  if (!(fault instanceof CommandFault)) return a2aError('INTERNAL', messageOf(fault));
  const { code, message } = fault.about;
  const isTheirs = code === 'run.input_invalid' || code.startsWith('canon.');
  return a2aError(isTheirs ? 'INVALID_PARAMS' : 'INTERNAL', `${code}: ${message}`, code);
}

function unknown(id: string): Result<never, RpcError> {
  return refuse('TASK_NOT_FOUND', `no task ${id} was begun here`);
}

function refuse(reason: A2aReason, message: string, code?: string): Result<never, RpcError> {
  return err(a2aError(reason, message, code));
}
