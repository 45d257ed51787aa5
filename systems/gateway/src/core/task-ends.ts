import { callOff } from './asks.ts';
import { named, SERVER_ERROR } from './errors.ts';
import { refuseAll } from './permitted.ts';
import { type Effect, findByCall, replace, type State, type Step, type Task } from './state.ts';
import { conclude, findTask, putTask } from './tasks.ts';

/** Nobody wants it any more; the act is called off, whether or not that stops it. */
export function callOffTask(state: State, task: Task): Step {
  const error = named(SERVER_ERROR, 'gateway.task_cancelled');
  const explained = putTask(state, { ...task, message: error.message });
  const ended = { answer: { kind: 'error', error }, status: 'cancelled' } as const;
  const { state: told, effects } = conclude(explained, task.taskId, ended);
  const entry = findByCall(told, task.callId);
  if (entry === undefined) return { state: told, effects };
  const called = callOff(told, entry);
  const { questions = [], ...kept } = entry;
  const unasked = questions.map(({ askId, requests }): Effect => {
    return { kind: 'answer', askId, responses: refuseAll(requests, 'gateway.nobody_to_ask') };
  });
  const cancel: Effect = { kind: 'cancel', callId: task.callId, cause: 'client_cancelled' };
  return {
    state: replace(called.state, { ...kept, cancelled: true }),
    effects: [...effects, ...called.effects, cancel, ...unasked],
  };
}

/** Its time is over. */
export function expireTask(state: State, taskId: string): Step {
  const task = findTask(state, taskId);
  if (task === undefined) return { state, effects: [] };
  const off = task.ended === undefined ? callOffTask(state, task) : { state, effects: [] };
  const tasks = off.state.tasks.filter((each) => each.taskId !== taskId);
  return { state: { ...off.state, tasks }, effects: off.effects };
}
