import type { LiveSession, SessionsPage } from '@ioi/protocol';
import type { Hono } from 'hono';
import { agentState } from '../core/index.ts';
import type { Boundary } from './boundary.ts';
import { sessionOf } from './kept-answers.ts';
import { type Doors, type Present, presentAt } from './present.ts';
import { problem } from './problem.ts';
import { maySee } from './roles/caller.ts';
import { isWaiting } from './running.ts';

export type PauseRoutes = Doors & { readonly boundary: Boundary };

const NOTE = 'everything was stopped';

/** Who is at the doors, and keeping them from asking. Nothing is allowed here that was not. */
export function addPauseRoutes(app: Hono, options: PauseRoutes): void {
  const { boundary } = options;
  app.get('/v1/sessions', (context) => {
    const { sessions, paused, ...page } = sessionsOf(options);
    const isSeen = (agentId: string): boolean => maySee(context, agentId);
    return context.json({
      ...page,
      paused: paused.filter(isSeen),
      sessions: sessions.filter(({ agent_id }) => isSeen(agent_id)),
    });
  });
  app.post('/v1/sessions/:id/pause', (context) => {
    const found = presentAs(options, context.req.param('id'));
    if (found === undefined) return unknown();
    boundary.pauses.pause(found.session.origin);
    return context.json(liveOf(found, options));
  });
  app.post('/v1/sessions/:id/resume', (context) => {
    const found = presentAs(options, context.req.param('id'));
    if (found === undefined) return unknown();
    boundary.pauses.resume(found.session.origin);
    return context.json(liveOf(found, options));
  });
  app.post('/v1/stop', (context) => {
    boundary.pauses.stop();
    const waiting = boundary.waiting();
    for (const { requestHash } of waiting) boundary.denied(requestHash, 'cancelled', NOTE);
    return context.json({ stopped: true, cancelled: waiting.length });
  });
  app.delete('/v1/stop', (context) => {
    boundary.pauses.lift();
    return context.json({ stopped: false, cancelled: 0 });
  });
}

function unknown(): Response {
  return problem('id.unknown', 'no session of this id is at a door', 404);
}

function sessionsOf(options: PauseRoutes): SessionsPage {
  const { isStopped: stopped, names: paused } = options.boundary.pauses;
  const sessions = presentAt(options).map((each) => liveOf(each, options));
  sessions.sort((one, other) => (one.since < other.since ? -1 : 1));
  return { stopped, paused, sessions };
}

function presentAs(options: PauseRoutes, id: string): Present | undefined {
  return presentAt(options).find(({ session }) => session.origin.session_id === id);
}

function liveOf({ session, sandbox, ...about }: Present, { boundary }: PauseRoutes): LiveSession {
  const { origin, since } = session;
  const { agent_id, session_id = '' } = origin;
  const own = boundary.underWay.filter(({ call }) => sessionOf(call) === session_id);
  const waiting = own.filter(isWaiting).length;
  const { pauses } = boundary;
  const paused = pauses.isPaused(origin);
  const acts = own.map((running) => {
    return { at: running.stage.at, call: running.call, isWaiting: isWaiting(running) };
  });
  const state = agentState(acts, boundary.sinceAnswered(session_id));
  return {
    session_id,
    agent_id,
    ...about,
    ...(sandbox === undefined ? {} : { run_id: sandbox.runId }),
    since,
    working: own.length - waiting,
    waiting,
    state: paused || pauses.isStopped ? 'paused' : state,
    paused,
    refused: pauses.refusedOf(origin),
  };
}
