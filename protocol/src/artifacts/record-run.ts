import Type from 'typebox';
import { artifact } from './artifact.ts';
import { AgentId, Count, closed, Digest } from './primitives.ts';

const HASH = `sha256:${'4d'.repeat(32)}`;
const COUNTS = { added: 3, changed: 1, removed: 0, executed_later: 1 };

export const RecordRun = artifact({
  name: 'RecordRun',
  source: 'whitepaper 8.2 (output commitments); decision 0025',
  summary:
    'Payload of `runs/record`: what a program in a sandbox left of the folders it could write, ' +
    'seen once it had ended. `change_set` commits, with a salt, to each path and what stood ' +
    'there before and after; who keeps those can show it. It was not decided: nothing of it ' +
    'was asked for.',
  artifactClass: 'observational',
  schema: Type.Object(
    {
      run_id: Type.String({ pattern: '^run_[0-9a-f]{32}$' }),
      agent_id: AgentId,
      session_id: Digest,
      change_set: Digest,
      /** Folders of which nobody saw both, before and after. */
      unseen: Count,
      counts: Type.Object(
        { added: Count, changed: Count, removed: Count, executed_later: Count },
        closed,
      ),
    },
    closed,
  ),
  examples: [
    {
      run_id: `run_${'5e'.repeat(16)}`,
      agent_id: 'agent://local/test/run/sh',
      session_id: HASH,
      change_set: HASH,
      unseen: 0,
      counts: COUNTS,
    },
  ],
  refused: [
    {
      why: 'no commitment',
      value: { run_id: `run_${'5e'.repeat(16)}`, unseen: 0, counts: COUNTS },
    },
  ],
});
