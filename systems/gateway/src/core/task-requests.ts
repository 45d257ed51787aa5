import {
  INVALID_PARAMS,
  isObject,
  type JsonObject,
  methodNotFound,
  resultLine,
} from '@ioi/jsonrpc';
import { sendHeldOf } from './asks.ts';
import { CANNOT_FOLLOW, canFollow, hasTasks } from './client.ts';
import { invalid, named, refuse } from './errors.ts';
import { complete } from './results.ts';
import type { AskedLater, Effect, Input, Request, State, Step, Task } from './state.ts';
import { callOffTask } from './task-ends.ts';
import { detailed, findTask, putRecalled, resultOf, sessionTask, takeInput } from './tasks.ts';
import { isFull, makeRoom, type Proposed, start } from './work.ts';

/** 144 bits in base64url, as the node names tasks. */
const NAME = /^[A-Za-z0-9_-]{24}$/;

/** `tasks/…` of a session (MCP 2025-11-25, tasks). */
export function takeSessionTasks(state: State, request: Request, params: JsonObject): Step {
  const { method, id, from: to } = request;
  if (!hasTasks(state)) return refuse(state, request, methodNotFound(method));
  if (method === 'tasks/list') return listTasks(state, request, params);
  const task = findTask(state, params['taskId']);
  if (task === undefined) return recall(state, { request, params });
  switch (method) {
    case 'tasks/get':
      return answer(state, request, sessionTask(task));
    case 'tasks/result':
      return awaitTask(state, request, task);
    default: {
      if (task.ended !== undefined) {
        return refuse(state, request, named(INVALID_PARAMS, 'gateway.task_ended'));
      }
      const cancelled = callOffTask(state, task);
      const told = findTask(cancelled.state, task.taskId) ?? task;
      const line = resultLine(id, sessionTask(told));
      const effects = [...cancelled.effects, { kind: 'send', line, to, last: true } as const];
      return { state: cancelled.state, effects };
    }
  }
}

function listTasks(state: State, request: Request, params: JsonObject): Step {
  // All of them are one page, so no cursor was ever given out.
  if (params['cursor'] !== undefined) return refuse(state, request, invalid('unknown cursor'));
  return answer(state, request, { tasks: state.tasks.map(sessionTask) });
}

/** Answered when the task has ended; on its stream goes what the task asks for until then. */
function awaitTask(state: State, request: Request, task: Task): Step {
  const { id, from, method, byteCount } = request;
  const entry = { from, id, method, byteCount, era: 'stateful', awaits: task.taskId } as const;
  const { capabilities = {} } = state;
  const waiter = { ...entry, capabilities, callId: '', cancelled: false };
  if (task.ended !== undefined) return { state, effects: resultOf(state, waiter, task.ended) };
  const isNew = !isFull(state, byteCount);
  const begun = start(state, { ...entry, capabilities });
  if (!isNew) return begun;
  const held = sendHeldOf(begun.state, task.callId);
  return { state: held.state, effects: [...begun.effects, ...held.effects] };
}

/** `tasks/…` of a request without a session (MCP 2026-07-28, tasks extension). */
export function takeStatelessTasks(state: State, proposed: Proposed): Step {
  const { request, params, proposer } = proposed;
  if (!canFollow(proposer.capabilities)) return refuse(state, request, CANNOT_FOLLOW, 400);
  const task = findTask(state, params['taskId']);
  if (task === undefined) return recall(state, { request, params, proposer });
  if (request.method === 'tasks/get') return answered(state, request, detailed(state, task));
  const next =
    request.method === 'tasks/cancel' ? cancel(state, task) : update(state, task, params);
  if (next === undefined) {
    return refuse(state, request, named(INVALID_PARAMS, 'gateway.responses_invalid'));
  }
  const { state: told, effects } = answered(next.state, request, {});
  return { state: told, effects: [...effects, ...next.effects] };
}

/** What has ended is not taken back, and saying so again is no mistake. */
function cancel(state: State, task: Task): Step {
  return task.ended === undefined ? callOffTask(state, task) : { state, effects: [] };
}

function update(state: State, task: Task, params: JsonObject): Step | undefined {
  const { inputResponses: given } = params;
  return isObject(given) ? takeInput(state, task, given) : undefined;
}

/** Whoever has a name that was ours once may have it of a former life of the node. */
function recall(state: State, asked: AskedLater): Step {
  const { taskId } = asked.params;
  if (typeof taskId !== 'string' || !NAME.test(taskId)) return unknown(state, asked.request);
  return { state, effects: [{ kind: 'recall', taskId, asked }] };
}

/** Now that it is known, the request is as any other; one that nobody recalls never was ours. */
export function takeRecalled(state: State, input: Extract<Input, { kind: 'recalled' }>): Step {
  const { task, asked } = input;
  const { request, params, proposer } = asked;
  const room = task && makeRoom(state);
  if (task === undefined || room === undefined) return unknown(state, request);
  const known = putRecalled(room, task);
  const { state: next, effects } =
    proposer === undefined
      ? takeSessionTasks(known, request, params)
      : takeStatelessTasks(known, { request, params, proposer });
  const alarm: Effect = { kind: 'alarm', askId: task.taskId, afterMs: task.leftMs };
  return { state: next, effects: [...effects, alarm] };
}

function unknown(state: State, request: Request): Step {
  return refuse(state, request, named(INVALID_PARAMS, 'gateway.task_unknown'));
}

function answered(state: State, request: Request, result: JsonObject): Step {
  const { method } = request;
  return answer(state, request, complete(result, { method, offer: state.offer }));
}

function answer(state: State, { id, from: to }: Request, result: Parameters<typeof resultLine>[1]) {
  const line = resultLine(id, result);
  return { state, effects: [{ kind: 'send', line, to, last: true }] } as const;
}
