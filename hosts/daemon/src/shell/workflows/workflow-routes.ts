import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestBytes, digestOf, parseStrict } from '@ioi/canon';
import { type KnownHere, readWorkflow, WORKFLOW_BYTES_MAX, type WorkerAbilities } from '@ioi/law';
import {
  isWorkflowSchema,
  type WorkflowCheck,
  type WorkflowListed,
  type WorkflowSaved,
  type WorkflowsPage,
} from '@ioi/protocol';
import type { Context, Hono } from 'hono';
import { refusedMatch, tagged } from '../etag.ts';
import type { GraphRuns } from '../graphs/graph-runs.ts';
import { jsonBody } from '../json-body.ts';
import type { Servers } from '../mcp/servers.ts';
import { problem } from '../problem.ts';
import { type KeptWorkflow, WorkflowFolder } from './workflow-folder.ts';

export type WorkflowRoutes = {
  readonly servers: Pick<Servers, 'status'>;
  /** Which worker of this node a graph means, if any. */
  readonly graphs: Pick<GraphRuns, 'installed' | 'routes'>;
  /** `folder`: where the node keeps its data. */
  readonly data: { readonly folder: string };
};

/** Emitted from the declaration. */
const SHAPE = new URL('../../../../../protocol/schemas/WorkflowSchema.json', import.meta.url);
/** A text within a body of JSON takes more room than by itself. */
const BODY = { maxBytes: 4 * WORKFLOW_BYTES_MAX, code: 'request.invalid' };

/** What is kept under a name, as it stands now; undefined where nothing is. */
export type WorkflowReader = (name: string) => ReturnType<typeof readWorkflow> | undefined;

/** Workflows that are kept here, and what is wrong with one. Nothing of them is run here. */
export function addWorkflowRoutes(app: Hono, { data, ...routes }: WorkflowRoutes): WorkflowReader {
  const folder = new WorkflowFolder(() => join(data.folder, 'workflows'));
  const known = knownHere(routes);
  app.get('/v1/workflows', (context) => {
    const workflows = folder.list().map((each) => listed(each, known()));
    return context.json({ workflows } satisfies WorkflowsPage);
  });
  app.post('/v1/workflows/check', async (context) => {
    const body = await jsonBody<{ text: unknown }>(context, BODY);
    if (!body.ok) return problem(body.error.code, body.error.message, 400);
    const text = body.value?.text;
    if (typeof text !== 'string') return problem('request.invalid', '/text is a text', 400);
    return context.json(checked(text, known()));
  });
  app.get('/v1/workflows/:name', (context) => {
    const kept = folder.read(context.req.param('name'));
    return kept === undefined ? unknown() : tagged(context, tagOf(kept), kept.text);
  });
  app.put('/v1/workflows/:name', (context) => save(context, folder, known()));
  app.delete('/v1/workflows/:name', (context) => {
    const kept = folder.read(context.req.param('name'));
    if (kept === undefined) return unknown();
    const refused = refusedMatch(context, tagOf(kept));
    if (refused !== undefined) return refused;
    folder.remove(kept.name);
    return context.json({ removed: true });
  });
  return (name) => {
    const kept = folder.read(name);
    return kept && readWorkflow(kept.text, known());
  };
}

/** Read when it is first asked for. */
function knownHere({ servers, graphs }: Omit<WorkflowRoutes, 'data'>): () => KnownHere {
  let shape: KnownHere['shape'] | undefined;
  return () => {
    shape ??= JSON.parse(readFileSync(SHAPE, 'utf8')) as KnownHere['shape'];
    const tools = servers.status().flatMap((server) => server.tools.map(({ name }) => name));
    const manifestOf = (workerId: string) => {
      return graphs.installed(workerId)?.manifest as WorkerAbilities | undefined;
    };
    return { shape, tools: new Set(tools), manifestOf, routes: graphs.routes() };
  };
}

async function save(context: Context, folder: WorkflowFolder, known: KnownHere): Promise<Response> {
  const name = context.req.param('name') ?? '';
  if (!WorkflowFolder.isName(name)) {
    return problem('workflow.name_invalid', 'a name has a-z, 0-9 and -, at most 64 of them', 400);
  }
  const kept = folder.read(name);
  const { req } = context;
  if (req.header('if-match') === undefined && req.header('if-none-match') === undefined) {
    const title = 'say what is there now: If-Match with its ETag, or If-None-Match: *';
    return problem('precondition.required', title, 428);
  }
  const refused = refusedMatch(context, kept && tagOf(kept));
  if (refused !== undefined) return refused;
  const text = await req.text();
  const read = readWorkflow(text, known);
  if (!read.ok) {
    const [first] = read.error;
    const more = read.error.length > 1 ? `, and ${read.error.length - 1} more` : '';
    const title = `${first?.line}:${first?.column}: ${first?.message}${more}`;
    return problem(first?.code ?? 'workflow.wrong_type', title, 422);
  }
  const { workflow, graphId } = read.value;
  if (workflow.workflow_id !== `workflow://${name}`) {
    return problem('workflow.name_invalid', `this is ${workflow.workflow_id}`, 400);
  }
  if (!folder.save(name, text)) {
    return problem('workflow.too_many', 'as many as are kept here are there already', 409);
  }
  const saved: WorkflowSaved = { name, graph_id: graphId };
  context.header('etag', `"${digestBytes(text)}"`);
  return context.json(saved, kept === undefined ? 201 : 200);
}

function checked(text: string, known: KnownHere): WorkflowCheck {
  const read = readWorkflow(text, known);
  if (!read.ok) return { faults: read.error, unresolved: [], blocked: [] };
  const { workflow, graphId: graph_id, layers, unresolved, blocked } = read.value;
  return { faults: [], workflow, graph_id, layers, unresolved, blocked };
}

/** Also of one that stands no longer: a tool of it may have gone. */
function listed({ name, text }: KeptWorkflow, known: KnownHere): WorkflowListed {
  const read = readWorkflow(text, known);
  const faults = read.ok ? 0 : read.error.length;
  const parsed = parseStrict(text);
  const value: unknown = parsed.ok ? parsed.value : undefined;
  if (!isWorkflowSchema(value)) return { name, title: name, version: '', steps: 0, faults };
  const { title, version, steps } = value;
  const graphId = digestOf(value);
  const graph = graphId.ok ? { graph_id: graphId.value } : {};
  return { name, title, version, ...graph, steps: steps.length, faults };
}

function tagOf({ digest }: KeptWorkflow): string {
  return `"${digest}"`;
}

function unknown(): Response {
  return problem('workflow.unknown', 'no workflow is kept under this name', 404);
}
