import { isAbsolute } from 'node:path';
import { isIntentContractSchema, type WorkerRunAsked, type WorkerRunsPage } from '@ioi/protocol';
import { MOST_STEPS } from '@ioi/workers';
import type { Hono } from 'hono';
import type { Events } from '../events.ts';
import type { ExecutionDoor } from '../execution/execution-door.ts';
import { jsonBody } from '../json-body.ts';
import { keyedIn, unansweredBy } from '../once.ts';
import { problem } from '../problem.ts';
import { addInstallRoutes } from './install-api.ts';
import type { InstalledWorkers } from './installed-workers.ts';
import type { RunView } from './run-view.ts';
import type { Sayings } from './sayings.ts';
import type { WorkerRuns } from './worker-runs.ts';

export type WorkerRoutes = {
  readonly workers: WorkerRuns;
  readonly runView: RunView;
  readonly installs: InstalledWorkers;
  readonly execution: ExecutionDoor;
  readonly events: Events;
  readonly sayings: Sayings;
};

/** What is installed is not so, whatever was asked. */
const NOT_NOW = ['worker.not_installed', 'worker.moved', 'worker.ambiguous'];
const LIMITS = { maxBytes: 2_000_000, code: 'request.invalid' };
const UINT = /^[1-9][0-9]{0,18}$/;
const VIEWS = ['status', 'trace', 'receipts', 'artifacts', 'scorecard'] as const;
const WORDS = { pause: 'paused', resume: 'resumed', cancel: 'cancelled' } as const;

/** Runs of workers: started, watched, held and ended. Nothing here decides. */
export function addWorkerRoutes(app: Hono, { installs, ...routes }: WorkerRoutes): void {
  addInstallRoutes(app, installs);
  app.get('/v1/execution', (context) => context.json(routes.execution.status()));
  const { workers, runView, events, sayings } = routes;
  app.post('/v1/worker-runs', async (context) => {
    const body = await jsonBody<WorkerRunAsked>(context, LIMITS);
    if (!body.ok) return problem(body.error.code, body.error.message, 400);
    const asked = askedIn(body.value);
    if (asked === undefined) return problem('request.invalid', SHAPE, 400);
    const keyed = await keyedIn(context, 'run_');
    const before = keyed && runView.head(keyed.id);
    if (before) {
      const unanswered = unansweredBy(runView.askedOf(before), keyed);
      return unanswered ?? context.json(runView.status(before), 201);
    }
    const opened = await workers.open(asked, undefined, keyed);
    if (!opened.ok)
      return problem(opened.error.code, opened.error.message, statusOf(opened.error.code));
    const { run_id } = opened.value.opened;
    if (asked.progress === true) sayings.watch(run_id);
    const head = runView.head(run_id);
    if (head === undefined) return problem('daemon.fault', 'it was not sealed', 500);
    return context.json(runView.status(head), 201);
  });
  app.get('/v1/worker-runs', (context) => {
    return context.json({ runs: runView.list() } satisfies WorkerRunsPage);
  });
  for (const name of VIEWS) {
    app.get(`/v1/runs/:id/${name === 'status' ? 'inspect' : name}`, (context) => {
      const head = runView.head(context.req.param('id') ?? '');
      return head ? context.json(runView[name](head)) : unknown();
    });
  }
  app.get('/v1/runs/:id/events', (context) => {
    const head = runView.head(context.req.param('id'));
    if (head === undefined) return unknown();
    const { run_id, session_id } = head.run;
    const stream = events.stream(0, {
      isWanted: ({ payload }) => {
        return payload['session_id'] === session_id || payload['run_id'] === run_id;
      },
    });
    if (!stream) return problem('events.too_many', 'too many follow events already', 429);
    return new Response(stream, { headers: { 'content-type': 'text/event-stream' } });
  });
  for (const word of Object.keys(WORDS) as (keyof typeof WORDS)[]) {
    app.post(`/v1/runs/:id/${word}`, async (context) => {
      const id = context.req.param('id') ?? '';
      const head = runView.head(id);
      if (head === undefined) return unknown();
      if (head.state !== 'open') return problem('run.not_open', `${id} is ${head.state}`, 409);
      workers.say(id, WORDS[word]);
      if (word === 'cancel') await workers.find(id)?.over;
      return context.json(runView.status(runView.head(id) ?? head));
    });
  }
}

const SHAPE =
  'a run has /path, which is absolute, or /installed; /workspace, absolute too; /input; and ' +
  '/task, /deadline, /max_steps, /reading_valid_ms, /unconfined, /leased, /progress and ' +
  '/contract, an IntentContractSchema, if any';

function askedIn(given: unknown): WorkerRunAsked | undefined {
  const { path, installed, task, input, workspace, ...bounds } = Object(
    given,
  ) as Partial<WorkerRunAsked>;
  const {
    deadline,
    max_steps,
    reading_valid_ms,
    unconfined,
    contract,
    leased,
    progress,
    ...others
  } = bounds;
  if (Object.keys(others).length > 0 || input === undefined) return undefined;
  const isPath = (each: unknown): each is string => typeof each === 'string' && isAbsolute(each);
  if (!isPath(workspace)) return undefined;
  const from = isPath(path) ? { path } : { installed: String(installed) };
  const isOne = (path === undefined) !== (installed === undefined);
  if (!isOne || (path !== undefined && !isPath(path))) return undefined;
  if (installed !== undefined && typeof installed !== 'string') return undefined;
  if (task !== undefined && typeof task !== 'string') return undefined;
  if (deadline !== undefined && !UINT.test(String(deadline))) return undefined;
  const valid = reading_valid_ms;
  if (valid !== undefined && !UINT.test(String(valid))) return undefined;
  const isCount = Number.isSafeInteger(max_steps) && Number(max_steps) > 0;
  if (max_steps !== undefined && !(isCount && max_steps <= MOST_STEPS)) return undefined;
  const isFlag = (each: unknown): boolean => each === undefined || typeof each === 'boolean';
  if (![unconfined, leased, progress].every(isFlag)) return undefined;
  if (contract !== undefined && !isIntentContractSchema(contract)) return undefined;
  return {
    ...{ ...from, input, workspace },
    ...(task === undefined ? {} : { task }),
    ...(deadline === undefined ? {} : { deadline: String(deadline) }),
    ...(max_steps === undefined ? {} : { max_steps }),
    ...(valid === undefined ? {} : { reading_valid_ms: String(valid) }),
    ...(unconfined === undefined ? {} : { unconfined }),
    ...(progress === undefined ? {} : { progress }),
    ...(contract === undefined ? {} : { contract }),
    ...(leased === undefined ? {} : { leased }),
  };
}

function unknown(): Response {
  return problem('id.unknown', 'no run of a worker is known by this id', 404);
}

function statusOf(code: string): number {
  if (code === 'run.too_many') return 429;
  if (NOT_NOW.includes(code)) return 409;
  if (code === 'run.input_invalid' || /^(worker|canon)\./.test(code)) return 400;
  if (code === 'run.workspace') return 400;
  return /^(run|policy|node|contract)\./.test(code) ? 409 : 503;
}
