import { isAbsolute } from 'node:path';
import type { WorkflowRunArtifacts, WorkflowRunAsked, WorkflowRunsPage } from '@ioi/protocol';
import type { Hono } from 'hono';
import { jsonBody } from '../json-body.ts';
import { keyedIn, unansweredBy } from '../once.ts';
import { problem } from '../problem.ts';
import type { WorkflowReader } from '../workflows/workflow-routes.ts';
import type { GraphRuns } from './graph-runs.ts';

const LIMITS = { maxBytes: 2_000_000, code: 'request.invalid' };
const MOST_PARALLEL = 16;

/** Workflows carried out, watched and cancelled. Nothing here decides. */
export function addGraphRoutes(app: Hono, graphs: GraphRuns, read: WorkflowReader): void {
  app.post('/v1/workflows/:name/runs', async (context) => {
    const body = await jsonBody<unknown>(context, LIMITS);
    if (!body.ok) return problem(body.error.code, body.error.message, 400);
    const asked = askedIn(body.value);
    if (asked === undefined) return problem('request.invalid', SHAPE, 400);
    const keyed = await keyedIn(context, 'graph_');
    const before = keyed && graphs.status(keyed.id);
    if (before) {
      const unanswered = unansweredBy(graphs.records(keyed.id)?.given.asked, keyed);
      return unanswered ?? context.json(before, 201);
    }
    const found = read(context.req.param('name'));
    if (found === undefined) return unknownWorkflow();
    if (!found.ok) {
      const [first] = found.error;
      const title = `${first?.line}:${first?.column}: ${first?.message}`;
      return problem(first?.code ?? 'workflow.wrong_type', title, 422);
    }
    const [blocked] = found.value.blocked;
    if (blocked !== undefined) {
      const title = `${blocked.line}:${blocked.column}: ${blocked.message}`;
      return problem(blocked.code, title, 422);
    }
    const opened = await graphs.open(found.value, asked, keyed);
    if (!opened.ok) {
      const { code, message } = opened.error;
      return problem(code, message, statusOf(code));
    }
    return context.json(graphs.status(opened.value), 201);
  });
  app.get('/v1/workflow-runs', (context) => {
    return context.json({ runs: graphs.list() } satisfies WorkflowRunsPage);
  });
  app.get('/v1/workflow-runs/:id', (context) => {
    const status = graphs.status(context.req.param('id'));
    return status ? context.json(status) : unknown();
  });
  app.get('/v1/workflow-runs/:id/artifacts', (context) => {
    const records = graphs.records(context.req.param('id'));
    if (records === undefined) return unknown();
    const { standing, graph } = records;
    const artifacts = standing.workflow.steps.flatMap(({ step_id }) => {
      return standing.settled(step_id)?.artifact ?? [];
    });
    const { graph_run_id } = graph.opened;
    return context.json({ graph_run_id, artifacts } satisfies WorkflowRunArtifacts);
  });
  app.post('/v1/workflow-runs/:id/cancel', async (context) => {
    const id = context.req.param('id');
    if (graphs.records(id) === undefined) return unknown();
    const cancelled = await graphs.cancel(id);
    if (cancelled.ok) return context.json(graphs.status(id));
    const { code, message } = cancelled.error;
    return problem(code, message, statusOf(code));
  });
}

const SHAPE =
  'a run of a workflow has /input, an object; /workspace, which is absolute; and /parallel, ' +
  `from 1 to ${MOST_PARALLEL}, and /unconfined, if any`;

function askedIn(given: unknown): WorkflowRunAsked | undefined {
  const { input, workspace, parallel, unconfined, ...others } = Object(
    given,
  ) as Partial<WorkflowRunAsked>;
  if (Object.keys(others).length > 0 || input === undefined) return undefined;
  if (typeof workspace !== 'string' || !isAbsolute(workspace)) return undefined;
  const isCount = Number.isSafeInteger(parallel) && Number(parallel) > 0;
  if (parallel !== undefined && !(isCount && parallel <= MOST_PARALLEL)) return undefined;
  if (unconfined !== undefined && typeof unconfined !== 'boolean') return undefined;
  return {
    ...{ input, workspace },
    ...(parallel === undefined ? {} : { parallel }),
    ...(unconfined === undefined ? {} : { unconfined }),
  };
}

function unknown(): Response {
  return problem('id.unknown', 'no run of a workflow is known by this id', 404);
}

function unknownWorkflow(): Response {
  return problem('workflow.unknown', 'no workflow is kept under this name', 404);
}

function statusOf(code: string): number {
  if (code === 'graph.too_many') return 429;
  if (code.startsWith('run.')) return 400;
  return /^(contract|graph|policy|node|worker|workflow)\./.test(code) ? 409 : 503;
}
