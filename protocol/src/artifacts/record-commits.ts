import Type from 'typebox';
import { artifact } from './artifact.ts';
import { AgentId, Count, closed, Digest } from './primitives.ts';

const HASH = `sha256:${'4d'.repeat(32)}`;
const NAME = '4e'.repeat(20);

/** Of git: hex digits, all zeros where there is nothing. */
const ObjectName = Type.String({ pattern: '^[0-9a-f]{40}([0-9a-f]{24})?$' });

const Moved = Type.Object(
  { ref: Type.String({ maxLength: 512 }), old: ObjectName, new: ObjectName },
  closed,
);

const Recorded = Type.Object(
  {
    commit: ObjectName,
    tree: ObjectName,
    parents: Type.Array(ObjectName, { maxItems: 16 }),
    /** One that leads to it; empty where none did. */
    ref: Type.String({ maxLength: 512 }),
    /** As the commit says it, and nobody checked; empty where that is no text. */
    author: Type.String({ maxLength: 128 }),
    /** It carries a signature, which nobody checked. */
    is_signed: Type.Boolean(),
    /** Whether a hook told of it, or it was found where it lies. */
    found: Type.Union([Type.Literal('hook'), Type.Literal('comparison')]),
  },
  closed,
);

const EXAMPLE = {
  run_id: `run_${'5e'.repeat(16)}`,
  agent_id: 'agent://local/test/run/sh',
  session_id: HASH,
  repository: '.git',
  refs: [{ ref: 'refs/heads/main', old: '0'.repeat(40), new: NAME }],
  commits: [
    {
      commit: NAME,
      tree: '4b'.repeat(20),
      parents: [],
      ref: 'refs/heads/main',
      author: 'Ada <ada@example.org>',
      is_signed: false,
      found: 'hook' as const,
    },
  ],
  more: 0,
};

export const RecordCommits = artifact({
  name: 'RecordCommits',
  source: 'whitepaper 8.2 (output commitments); decision 0085',
  summary:
    'Payload of `commits/record`: commits that came into a repository of git while a program in ' +
    'a sandbox could write it, each read and named anew from its bytes by whoever started the ' +
    'program, and refs that moved. It was not decided: it was done when it was found.',
  artifactClass: 'observational',
  schema: Type.Object(
    {
      run_id: Type.String({ pattern: '^run_[0-9a-f]{32}$' }),
      agent_id: AgentId,
      session_id: Digest,
      /** Its folder, below the one that may be written; `~/` stands for the home of the program. */
      repository: Type.String({ minLength: 1, maxLength: 1024 }),
      refs: Type.Array(Moved, { maxItems: 32 }),
      commits: Type.Array(Recorded, { maxItems: 32 }),
      /** Commits and refs beyond what one run tells of, so far. */
      more: Count,
    },
    closed,
  ),
  examples: [EXAMPLE],
  refused: [
    { why: 'no repository', value: { ...EXAMPLE, repository: '' } },
    {
      why: 'a name that is none of git',
      value: { ...EXAMPLE, refs: [{ ref: 'refs/heads/x', old: 'main', new: NAME }] },
    },
  ],
});
