import Type from 'typebox';
import { artifact } from './artifact.ts';
import { closed, Digest, FlowLabel } from './primitives.ts';

/**
 * Where a value comes from, as far as the session shows: the person's own words; a field of a
 * record that those words name; a field of another record; running text that was read; nowhere.
 */
const Origin = Type.Union([
  Type.Literal('user'),
  Type.Literal('named'),
  Type.Literal('record'),
  Type.Literal('content'),
  Type.Literal('unknown'),
]);

const Provenance = Type.Object(
  {
    /** Of the task the person gave the session; absent when none is known. */
    objective_hash: Type.Optional(Digest),
    /** Whether that task asks for an act of this kind. Absent when either is not known. */
    requested: Type.Optional(Type.Boolean()),
    /** Of every value that says whom or what the act is for, and of addresses in its contents. */
    destinations: Type.Array(Origin, { maxItems: 5 }),
    /** What the session has read, and so may be in anything it sends. */
    labels: Type.Array(FlowLabel, { maxItems: 256 }),
  },
  closed,
);

export const ActionFacts = artifact({
  name: 'ActionFacts',
  source: 'whitepaper 2.6 (context-aware guardrails); design section 3',
  summary:
    'What a driver observed, without effects, before the decision; observed again right before ' +
    'the effect. An absent fact is undetermined: it never helps an ALLOW rule to match.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      /** Addresses that the request's host was seen to resolve to. */
      resolved_addresses: Type.Optional(
        Type.Array(Type.String({ minLength: 2, maxLength: 64 }), { maxItems: 64 }),
      ),
      /** Whether the thing a write would create is there already. */
      target_exists: Type.Optional(Type.Boolean()),
      /** Absolute path against which a policy's relative paths are read. */
      workspace_root: Type.Optional(Type.String({ minLength: 1, maxLength: 4096 })),
      /** Observed by the node as the session goes on, not by a driver. */
      provenance: Type.Optional(Provenance),
    },
    closed,
  ),
  examples: [
    {},
    { target_exists: true, workspace_root: '/home/user/workspace' },
    {
      provenance: {
        objective_hash: `sha256:${'0b'.repeat(32)}`,
        requested: true,
        destinations: ['user', 'content'],
        labels: ['server:mail', 'tool:mcp::mail::search_emails'],
      },
    },
  ],
  refused: [{ why: 'unknown fact', value: { moon_phase: 'full' } }],
});
