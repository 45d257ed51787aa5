import { encodeUtf8, secureUrl } from '@ioi/basis';
import type {
  RunAsked,
  RunCredential,
  RunLeft,
  RunLooked,
  RunModel,
  RunPortAsked,
} from '@ioi/protocol';
import type { Hono } from 'hono';
import { jsonBody } from '../json-body.ts';
import { problem } from '../problem.ts';
import { foundIn } from './run-commits.ts';
import type { RunRefusal, Runs } from './runs.ts';

const LIMITS = { maxBytes: 100_000, code: 'request.invalid' };
const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$/;
const HOST = /^(\*|(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?)$/;
/** It stands in the name of the agent, and so in each receipt. */
const DECLARED = /^[a-z0-9][a-z0-9-]{0,39}$/;
const SECRET = /^[a-z][a-z0-9_-]{0,63}$/;
const MOST_HOSTS = 256;
const MOST_CREDENTIALS = 32;
const MOST_MODELS = 64;
const MODEL = /^[\x21-\x7e]{1,256}$/;

/** Programs in a sandbox. A run ends when whoever opened it stops reading its answer. */
export function addRunRoutes(app: Hono, runs: Runs): void {
  app.post('/v1/runs', async (context) => {
    const body = await jsonBody<RunAsked>(context, LIMITS);
    if (!body.ok) return problem(body.error.code, body.error.message, 400);
    const wanted = askedIn(body.value);
    if (wanted === undefined) {
      const parts = '/credentials, /models, /overlay, /isolation_declared and /shell_in, if any';
      const message = `a run has /name, /hosts, each a host or host:port, ${parts}`;
      return problem('request.invalid', message, 400);
    }
    const opened = await runs.open(wanted);
    if (!opened.ok) return notOpened(opened.error);
    const line = encodeUtf8(`${JSON.stringify(opened.value)}\n`);
    const { run_id: runId } = opened.value;
    let isRead = true;
    const stream = new ReadableStream({
      start: (controller) => {
        controller.enqueue(line);
        runs.commitsOf(runId)?.listen((said) => {
          if (isRead) controller.enqueue(encodeUtf8(said));
        });
      },
      cancel: () => {
        isRead = false;
        runs.close(runId);
      },
    });
    return new Response(stream, { headers: { 'content-type': 'application/jsonl' } });
  });
  app.post('/v1/runs/:id/files', async (context) => {
    const body = await jsonBody<RunLeft>(context, LIMITS);
    if (!body.ok) return problem(body.error.code, body.error.message, 400);
    const { change_set, unseen, counts } = Object(body.value) as RunLeft;
    const recorded = await runs.recordFiles(context.req.param('id'), {
      change_set,
      unseen,
      counts,
    });
    if (recorded.ok) return context.json(recorded.value);
    const { code, message } = recorded.error;
    return problem(code, message, code === 'id.unknown' ? 404 : 400);
  });
  addFoundRoutes(app, runs);
  app.get('/v1/runs/:id', (context) => {
    const id = context.req.param('id');
    const summary = runs.summary(id);
    return summary ? context.json(summary) : problem('id.unknown', `no run is ${id}`, 404);
  });
}

/** Ports that something listens at in them, and commits that come into their repositories. */
function addFoundRoutes(app: Hono, runs: Runs): void {
  app.post('/v1/runs/:id/ports', async (context) => {
    const body = await jsonBody<RunPortAsked>(context, LIMITS);
    if (!body.ok) return problem(body.error.code, body.error.message, 400);
    const { port } = Object(body.value) as Partial<Record<'port', unknown>>;
    const id = context.req.param('id');
    if (typeof port !== 'number') return problem('request.invalid', 'a port has /port', 400);
    if (runs.commitsOf(id) === undefined) return problem('id.unknown', `no run is ${id}`, 404);
    return new Response(portStream(runs, id, port), {
      headers: { 'content-type': 'application/jsonl' },
    });
  });
  app.post('/v1/runs/:id/commits', async (context) => {
    const body = await jsonBody<RunLooked>(context, LIMITS);
    if (!body.ok) return problem(body.error.code, body.error.message, 400);
    const id = context.req.param('id');
    const commits = runs.commitsOf(id);
    if (commits === undefined) return problem('id.unknown', `no run is ${id}`, 404);
    const { found, look } = Object(body.value) as RunLooked;
    const seen = found === undefined ? undefined : foundIn(found);
    if (found !== undefined && seen === undefined) {
      return problem('request.invalid', 'what is found has /repository, /refs and /commits', 400);
    }
    const recorded = seen === undefined ? undefined : await commits.record(seen);
    // Whoever waits for the look goes on by what the log says of it.
    if (typeof look === 'number') commits.looked(look);
    if (recorded === undefined) return context.body(null, 204);
    if (recorded.ok) return context.json(recorded.value);
    return problem(recorded.error.code, recorded.error.message, 400);
  });
}

/** What became of a port, and then nothing until it may be open no longer. */
function portStream(runs: Runs, id: string, port: number): ReadableStream {
  const over = new AbortController();
  // Of a stream that nobody reads any more nothing can be said, nor its end.
  let isRead = true;
  return new ReadableStream({
    start: async (controller) => {
      const told = await runs.openPort(id, port, over);
      if (!isRead) return;
      controller.enqueue(encodeUtf8(`${JSON.stringify(told)}\n`));
      const end = (): void => {
        if (isRead) controller.close();
      };
      // Of one that is not opened nothing is watched any more.
      if (told.port === undefined) over.abort();
      if (over.signal.aborted) end();
      else over.signal.addEventListener('abort', end, { once: true });
    },
    cancel: () => {
      isRead = false;
      over.abort();
    },
  });
}

function askedIn(given: unknown): RunAsked | undefined {
  const {
    name,
    hosts,
    credentials = [],
    models = [],
    overlay = false,
    isolation_declared: declared,
    shell_in: shellIn,
  } = Object(given) as Record<string, unknown>;
  if (typeof name !== 'string' || !NAME.test(name)) return undefined;
  if (!Array.isArray(hosts) || hosts.length > MOST_HOSTS) return undefined;
  const isHost = (each: unknown): boolean => typeof each === 'string' && HOST.test(each);
  if (!hosts.every(isHost) || !Array.isArray(credentials)) return undefined;
  if (credentials.length > MOST_CREDENTIALS || !credentials.every(isCredential)) return undefined;
  if (typeof overlay !== 'boolean' || !areModels(models)) return undefined;
  if (declared !== undefined && !isDeclared(declared)) return undefined;
  // Its questions to models come by a socket that only a sandbox of ours has.
  if (declared !== undefined && models.length > 0) return undefined;
  const said = declared === undefined ? {} : { isolation_declared: declared };
  const asked = { name, hosts, credentials, models, overlay, ...said };
  if (shellIn === undefined) return asked;
  return typeof shellIn === 'string' && shellIn.startsWith('/')
    ? { ...asked, shell_in: shellIn }
    : undefined;
}

function isDeclared(given: unknown): given is string {
  return typeof given === 'string' && DECLARED.test(given);
}

function areModels(given: unknown): given is readonly RunModel[] {
  if (!Array.isArray(given) || given.length > MOST_MODELS) return false;
  return given.every((each) => {
    const { route, model = 'any' } = Object(each) as Record<string, unknown>;
    const isNamed = typeof route === 'string' && SECRET.test(route);
    return isNamed && typeof model === 'string' && MODEL.test(model);
  });
}

function isCredential(given: unknown): given is RunCredential {
  const { name, origin, header = 'authorization' } = Object(given) as Record<string, unknown>;
  const isNamed = typeof name === 'string' && SECRET.test(name) && typeof header === 'string';
  return isNamed && typeof origin === 'string' && secureUrl(origin)?.origin === origin;
}

function notOpened(code: RunRefusal): Response {
  if (code === 'run.too_many') return problem(code, 'too many programs run already', 429);
  if (code === 'model.unknown_route') {
    return problem(code, 'no route has that name; ioi models list', 404);
  }
  return problem(code, 'no edge runs, and nobody else puts secrets in', 409);
}
