import type { ExecutorAsks, WorkerEnd, WorkerStep } from '@ioi/protocol';

type Fields = Readonly<Record<string, unknown>>;

/** Of what a worker says of its end; a program of a stranger wrote it. */
const MOST_TEXT = 20_000;
const NUMBER = /^(0|[1-9][0-9]{0,18})$/;
const RUN = /^run_[0-9a-f]{32}$/;
const CODE = /^(guest|worker)\.[a-z_.]{1,64}$/;

/** What an executor says, where it is whole and nothing else; undefined for anything else. */
export function executorAsks(body: unknown): ExecutorAsks | undefined {
  const said = fieldsIn(body);
  if (said?.['kind'] === 'ready') return hasOnly(said, ['kind']) ? { kind: 'ready' } : undefined;
  if (said === undefined || !isUnder(said)) return undefined;
  const { run_id, fence } = said;
  const under = { run_id, fence };
  if (said['kind'] === 'renew') {
    return hasOnly(said, [...UNDER]) ? { kind: 'renew', ...under } : undefined;
  }
  if (said['kind'] === 'step' && hasOnly(said, [...UNDER, 'step'])) {
    const step = stepIn(said['step']);
    return step && { kind: 'step', ...under, step };
  }
  if (said['kind'] !== 'end' || !hasOnly(said, [...UNDER, 'end'])) return undefined;
  const end = endIn(said['end']);
  return end && { kind: 'end', ...under, end };
}

const UNDER = ['kind', 'run_id', 'fence'] as const;

function isUnder(said: Fields): said is Fields & { run_id: string; fence: string } {
  const { run_id, fence } = said;
  if (typeof run_id !== 'string' || typeof fence !== 'string') return false;
  return RUN.test(run_id) && NUMBER.test(fence);
}

function stepIn(given: unknown): WorkerStep | undefined {
  const step = fieldsIn(given);
  if (!step || !hasOnly(step, ['index', 'target', 'params'])) return undefined;
  const { index, target, params } = step;
  if (!Number.isSafeInteger(index) || Number(index) < 0) return undefined;
  if (typeof target !== 'string' || fieldsIn(params) === undefined) return undefined;
  return step as unknown as WorkerStep;
}

function endIn(given: unknown): WorkerEnd | undefined {
  const end = fieldsIn(given);
  if (end?.['kind'] === 'returned') {
    return hasOnly(end, ['kind', 'output']) ? (end as unknown as WorkerEnd) : undefined;
  }
  const { kind, code, message, trace = '' } = end ?? {};
  if (![code, message, trace].every(isText)) return undefined;
  if (kind === 'raised') {
    const isWhole = end && hasOnly({ trace, ...end }, ['kind', 'code', 'message', 'trace']);
    return isWhole ? (end as unknown as WorkerEnd) : undefined;
  }
  const isWhole = end && kind === 'died' && hasOnly(end, ['kind', 'code', 'message']);
  return isWhole && CODE.test(String(code)) ? (end as unknown as WorkerEnd) : undefined;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.length <= MOST_TEXT;
}

function fieldsIn(value: unknown): Fields | undefined {
  const isFields = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isFields ? (value as Fields) : undefined;
}

function hasOnly(value: Fields, names: readonly string[]): boolean {
  const own = Object.keys(value);
  return own.length === names.length && names.every((name) => Object.hasOwn(value, name));
}
