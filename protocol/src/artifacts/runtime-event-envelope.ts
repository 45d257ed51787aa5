import Type from 'typebox';
import { artifact } from './artifact.ts';
import { closed, JsonObject, ShortText, Uint64, WallTime } from './primitives.ts';

export const RuntimeEventEnvelope = artifact({
  name: 'RuntimeEventEnvelope',
  source: 'whitepaper B.4',
  summary:
    'Telemetry: what appeared to happen, for people who watch. Never an input to a decision; ' +
    'the receipt named by `receipt_ref` is.',
  artifactClass: 'observational',
  schema: Type.Object(
    {
      event_id: ShortText,
      parent_event_id: Type.Optional(ShortText),
      run_id: Type.Optional(ShortText),
      task_id: Type.Optional(ShortText),
      kind: Type.Union([
        Type.Literal('session.started'),
        Type.Literal('tool.proposed'),
        Type.Literal('policy.decided'),
        Type.Literal('approval.requested'),
        Type.Literal('tool.started'),
        Type.Literal('tool.completed'),
        Type.Literal('receipt.emitted'),
        Type.Literal('run.completed'),
        Type.Literal('run.failed'),
      ]),
      timestamp: WallTime,
      actor_id: ShortText,
      privacy_class: Type.Union([
        Type.Literal('public'),
        Type.Literal('internal'),
        Type.Literal('private'),
        Type.Literal('secret'),
      ]),
      redaction_status: Type.Union([
        Type.Literal('full'),
        Type.Literal('redacted'),
        Type.Literal('hash_only'),
      ]),
      payload: JsonObject,
      receipt_ref: Type.Optional(ShortText),
      cursor: Uint64,
      terminal: Type.Boolean(),
    },
    closed,
  ),
  examples: [
    {
      event_id: 'evt_1',
      kind: 'tool.proposed',
      timestamp: '2026-01-01T00:00:00.000Z',
      actor_id: 'agent://local/mcp',
      privacy_class: 'internal',
      redaction_status: 'hash_only',
      payload: { target: 'fs::write' },
      cursor: '1',
      terminal: false,
    },
  ],
  refused: [{ why: 'a kind nobody defined', value: { kind: 'tool.guessed' } }],
});
