import { unreachable } from '@ioi/basis';
import { classify, errorLine, notificationLine, resultLine } from '@ioi/jsonrpc';
import { close, drop, dropOversized } from './endings.ts';
import { takeNotification } from './notifications.ts';
import { takeRequest } from './requests.ts';
import {
  findByCall,
  type Input,
  remove,
  replace,
  type SessionState,
  type Step,
} from './session.ts';

/**
 * One downstream MCP session over newline-delimited JSON (whitepaper 2.2.4, MCP gateway): what
 * the client proposes comes out as `call` effects; nothing here decides or performs. Every
 * request that carries an id is answered exactly once, unless the client cancels it or leaves.
 */
export function step(state: SessionState, input: Input): Step {
  if (state.phase === 'closed') return { state, effects: [] };
  switch (input.kind) {
    case 'frame':
      return takeFrame(state, input.bytes);
    case 'oversized':
      return dropOversized(state, input);
    case 'finished':
      return finish(state, input);
    case 'progress':
      return report(state, input);
    case 'tools_changed':
      return announceTools(state);
    case 'closed':
      return close(state);
    default:
      return unreachable(input);
  }
}

function takeFrame(state: SessionState, bytes: Uint8Array): Step {
  const message = classify(bytes);
  if (!message.ok) return drop(state, bytes, message.error);
  switch (message.value.kind) {
    case 'request':
      return takeRequest(state, { ...message.value, byteCount: bytes.length });
    case 'notification':
      return takeNotification(state, message.value);
    default:
      // This side sends no requests, so a response answers nothing.
      return { state, effects: [] };
  }
}

function finish(state: SessionState, input: Extract<Input, { kind: 'finished' }>): Step {
  const entry = findByCall(state, input.callId);
  if (entry === undefined) return { state, effects: [] };
  const next = remove(state, input.callId);
  if (entry.cancelled) return { state: next, effects: [] };
  const { answer } = input;
  const line =
    answer.kind === 'result'
      ? resultLine(entry.id, answer.result)
      : errorLine(entry.id, answer.error);
  return { state: next, effects: [{ kind: 'send', line }] };
}

function report(state: SessionState, input: Extract<Input, { kind: 'progress' }>): Step {
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
    effects: [{ kind: 'send', line }],
  };
}

function announceTools(state: SessionState): Step {
  if (state.phase !== 'ready') return { state, effects: [] };
  const line = notificationLine('notifications/tools/list_changed');
  return { state, effects: [{ kind: 'send', line }] };
}
