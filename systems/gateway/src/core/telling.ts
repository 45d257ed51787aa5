import { isObject, type JsonObject, notificationLine } from '@ioi/jsonrpc';
import type { Notice } from './backend.ts';
import { reaches } from './levels.ts';
import { announces, announceToListens, covers } from './listens.ts';
import { type Effect, findByCall, type Input, replace, type State, type Step } from './state.ts';

/** How far an act has come, under the token the client gave it. */
export function report(state: State, input: Extract<Input, { kind: 'progress' }>): Step {
  const entry = findByCall(state, input.callId);
  const token = entry?.progressToken;
  if (entry === undefined || token === undefined || entry.cancelled) return { state, effects: [] };
  const { done, total, message } = input;
  const isStale = entry.lastProgress !== undefined && done <= entry.lastProgress;
  if (isStale || !Number.isFinite(done)) return { state, effects: [] };
  const line = notificationLine('notifications/progress', {
    progressToken: token,
    progress: done,
    ...(total === undefined ? {} : { total }),
    ...(message === undefined ? {} : { message }),
  });
  return {
    state: replace(state, { ...entry, lastProgress: done }),
    effects: [{ kind: 'send', line, to: entry.from, last: false }],
  };
}

/** A log message of an act: the session's level holds, or that of the request (2026-07-28). */
export function relay(state: State, input: Extract<Input, { kind: 'message_of' }>): Step {
  const entry = findByCall(state, input.callId);
  if (entry?.id === undefined || entry.cancelled) return { state, effects: [] };
  const isWanted =
    entry.era === 'stateless'
      ? entry.logLevel !== undefined && reaches(input.params, entry.logLevel)
      : isWantedHere(state, input.params);
  if (!isWanted) return { state, effects: [] };
  const line = notificationLine('notifications/message', input.params);
  return { state, effects: [{ kind: 'send', line, to: entry.from, last: false }] };
}

/** What concerns no request: to a session that is ready, and to the streams that listen. */
export function announce(state: State, notice: Notice): Step {
  const listens = announceToListens(state, notice);
  const own = state.phase === 'ready' ? announceToSession(state, notice) : [];
  return { state, effects: [...own, ...listens] };
}

function announceToSession(state: State, notice: Notice): Effect[] {
  switch (notice.kind) {
    case 'list_changed':
      if (!announces(state, notice.list)) return [];
      return [unsolicited(`notifications/${notice.list}/list_changed`)];
    case 'resource_updated':
      if (!covers(state.subscriptions, notice.params)) return [];
      return [unsolicited('notifications/resources/updated', notice.params)];
    case 'message':
      if (!isWantedHere(state, notice.params)) return [];
      return [unsolicited('notifications/message', notice.params)];
    case 'elicitation_complete':
      return [unsolicited('notifications/elicitation/complete', notice.params)];
  }
}

function unsolicited(method: string, params?: JsonObject): Effect {
  return { kind: 'send', line: notificationLine(method, params), to: '', last: false };
}

/** Before it is set, the level is the server's to choose: all of them (MCP 2025-11-25, logging). */
function isWantedHere({ offer, logLevel }: State, params: Parameters<typeof reaches>[0]): boolean {
  if (!isObject(offer.capabilities['logging'])) return false;
  return logLevel === undefined || reaches(params, logLevel);
}
