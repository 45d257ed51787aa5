import assert from 'node:assert/strict';
import type { Json } from '@ioi/canon';
import type { JsonObject } from '@ioi/jsonrpc';
import type { Offer } from '../core/backend.ts';
import { step } from '../core/capture.ts';
import { type Effect, type Input, openState, type State } from '../core/state.ts';

export type Line = {
  id?: unknown;
  method?: string;
  params?: JsonObject;
  result?: JsonObject;
  error?: { code: number; message: string; data?: JsonObject & { code: string } };
};

export const SERVER = { name: 'ioi', title: 'IOI', version: '0.1.0' };
export const FULL_OFFER: Offer = {
  capabilities: {
    tools: { listChanged: true },
    prompts: { listChanged: true },
    resources: { subscribe: true, listChanged: true },
    completions: {},
    logging: {},
  },
  serverInfo: SERVER,
};

export const frame = (message: unknown, from?: string): Input => ({
  kind: 'frame',
  bytes: new TextEncoder().encode(JSON.stringify(message)),
  ...(from === undefined ? {} : { from }),
});
export const request = (id: unknown, method: string, params?: unknown): Input =>
  frame({ jsonrpc: '2.0', id, method, ...(params === undefined ? {} : { params }) });
export const note = (method: string, params?: unknown): Input =>
  frame({ jsonrpc: '2.0', method, ...(params === undefined ? {} : { params }) });

export function initialize(capabilities: object = {}, protocolVersion = '2025-11-25') {
  const clientInfo = { name: 'c', version: '1' };
  const params = { protocolVersion, capabilities, clientInfo };
  return { jsonrpc: '2.0', id: 'init', method: 'initialize', params };
}

export const finished = (callId: string, result: Json = {}): Input => ({
  kind: 'finished',
  callId,
  answer: { kind: 'result', result },
});

/** Plays inputs, of which each leaves a state that storage would not change. */
export function play(inputs: readonly Input[], from: State) {
  let state = from;
  const effects: Effect[] = [];
  for (const input of inputs) {
    const stepped = step(state, input);
    // Plain data survives storage; a closure or a Map would not.
    state = JSON.parse(JSON.stringify(stepped.state)) as State;
    assert.deepEqual(state, stepped.state);
    effects.push(...stepped.effects);
  }
  const sent = effects.flatMap((effect) =>
    effect.kind === 'send' ? [JSON.parse(effect.line) as Line] : [],
  );
  return { state, effects, sent };
}

/** A session that has said that it is initialized. */
export function ready(capabilities: object = {}, offer: Offer = FULL_OFFER): State {
  const opening = [frame(initialize(capabilities)), note('notifications/initialized')];
  return play(opening, openState(offer)).state;
}

/** Parameters of a request of MCP 2026-07-28. */
export function modern(params: object = {}, meta: object = {}): object {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'c', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
    ...meta,
  };
  return { ...params, _meta };
}
