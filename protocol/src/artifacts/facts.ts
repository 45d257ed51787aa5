import Type from 'typebox';
import { artifact } from './artifact.ts';
import { closed } from './primitives.ts';

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
    },
    closed,
  ),
  examples: [{}, { target_exists: true, workspace_root: '/home/user/workspace' }],
  refused: [{ why: 'unknown fact', value: { moon_phase: 'full' } }],
});
