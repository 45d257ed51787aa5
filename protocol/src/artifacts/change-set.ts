import Type from 'typebox';
import { artifact } from './artifact.ts';
import { Count, closed, Digest } from './primitives.ts';

const Mode = Type.Integer({ minimum: 0, maximum: 0o7777 });

const Stood = Type.Union([
  Type.Object({ kind: Type.Literal('file'), mode: Mode, size: Count, digest: Digest }, closed),
  Type.Object({ kind: Type.Literal('folder'), mode: Mode }, closed),
  Type.Object({ kind: Type.Literal('link'), target: Type.String() }, closed),
  /** Nothing of it was kept, and nothing of it is merged. */
  Type.Object({ kind: Type.Literal('left'), why: Type.String() }, closed),
]);

const RUN = `run_${'5e'.repeat(16)}`;
const DIGEST = `sha256:${'4d'.repeat(32)}`;
const FILE = { kind: 'file', mode: 0o644, size: 4, digest: DIGEST } as const;

export const ChangeSet = artifact({
  name: 'ChangeSet',
  source: 'whitepaper 2.4.2, 8.2 (output commitments); decision 0030',
  summary:
    'What a program in a sandbox did to copies of folders: each path with what stood there ' +
    'before and after, in the order of paths. A request to merge it carries the digest of its ' +
    'canonical bytes. Who has no salt cannot try whether some file was among it.',
  artifactClass: 'observational',
  schema: Type.Object(
    {
      run_id: Type.String({ pattern: '^run_[0-9a-f]{32}$' }),
      salt: Type.String({ pattern: '^[0-9a-f]{32}$' }),
      folders: Type.Array(
        Type.Object(
          {
            /** Its real path: where the changes go. */
            root: Type.String(),
            changes: Type.Array(
              Type.Object(
                {
                  /** Below the folder; bytes that are no text stand as `\xNN`. */
                  path: Type.String(),
                  how: Type.Union([
                    Type.Literal('added'),
                    Type.Literal('changed'),
                    Type.Literal('removed'),
                  ]),
                  before: Type.Optional(Stood),
                  after: Type.Optional(Stood),
                },
                closed,
              ),
            ),
          },
          closed,
        ),
      ),
    },
    closed,
  ),
  examples: [
    {
      run_id: RUN,
      salt: '5a'.repeat(16),
      folders: [{ root: '/w', changes: [{ path: 'a.txt', how: 'added', after: FILE }] }],
    },
  ],
  refused: [{ why: 'no salt', value: { run_id: RUN, folders: [] } }],
});
