import Type from 'typebox';
import { artifact } from './artifact.ts';
import { Base64, closed, DomainId, ShortText, Uint64 } from './primitives.ts';

const IncludedEntry = Type.Object(
  {
    seq: Uint64,
    text: Type.String({ minLength: 2, maxLength: 65_535 }),
    path: Type.Array(Base64, { maxItems: 64 }),
  },
  closed,
);
const id = Type.String({ minLength: 1, maxLength: 1024 });
const path = Base64;

const entry = { seq: '0', text: '{}', path: ['AAAA'] };

export const StateRootProof = artifact({
  name: 'StateRootProof',
  source: 'whitepaper 3.5 (state_root_consistent)',
  summary:
    'A read with all that shows it: a note with both signatures, the commit entry under it, and ' +
    'for every object the path to the state root in that entry. A `value` left out is an absence ' +
    'that is shown. A listing holds every object of its class: one more or less does not verify.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      domain_id: DomainId,
      note: Type.String({ minLength: 1, maxLength: 65_535 }),
      genesis: IncludedEntry,
      /** Changes of who seals, the first first; absent while the guardian of genesis does. */
      epochs: Type.Optional(Type.Array(IncludedEntry, { maxItems: 1024 })),
      commit: IncludedEntry,
      /** What follows the commit, unless the note ends with it: it shows that it was sealed. */
      next: Type.Optional(IncludedEntry),
      objects: Type.Array(
        Type.Object(
          { head_class: ShortText, id, value: Type.Optional(Type.Unknown()), path },
          closed,
        ),
        { maxItems: 4096 },
      ),
      listing: Type.Optional(
        Type.Object(
          {
            head_class: ShortText,
            objects: Type.Array(Type.Object({ id, value: Type.Unknown() }, closed), {
              maxItems: 200_000,
            }),
            path,
          },
          closed,
        ),
      ),
    },
    closed,
  ),
  examples: [
    {
      domain_id: 'agentgres://domain/example.org',
      note: 'ioi.local/0f0f\n1\nAAAA\n\n— ioi.local/0f0f AAAA\n',
      genesis: entry,
      commit: entry,
      objects: [{ head_class: 'object.Service', id: 'a', value: { n: 1 }, path: 'AAAA' }],
    },
  ],
  refused: [{ why: 'no commit entry', value: { domain_id: 'agentgres://domain/a', objects: [] } }],
});
