import Type from 'typebox';
import { artifact } from './artifact.ts';
import { Count, closed } from './primitives.ts';
import { OrganisationRoles } from './roles.ts';

const KeepRule = Type.Object(
  { keep_days: Type.Optional(Count), max_bytes: Type.Optional(Count) },
  closed,
);

const Witness = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z][a-z0-9_-]{0,63}$' }),
    url: Type.String({ pattern: '^https?://', maxLength: 2048 }),
    /** Verifier keys (C2SP signed note), all of which must sign. */
    key: Type.Array(Type.String({ minLength: 1, maxLength: 4096 }), { minItems: 1, maxItems: 2 }),
    required: Type.Boolean(),
  },
  closed,
);

export const OrganisationSettings = artifact({
  name: 'OrganisationSettings',
  source: 'whitepaper 9.4.3, 2.6.11; docs/decisions/0042-organisations-publish.md',
  summary:
    'What an organisation asks of the nodes it bounds beside the rules. `packs` names the packs ' +
    'its rules were joined with. No content is kept longer than `retention` says of its class, ' +
    'nor in more bytes. From its next start on a node has its logs cosigned by `witnesses` too. ' +
    'Who signs in at the provider of `roles` has the roles of their groups there.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      packs: Type.Optional(
        Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { maxItems: 64 }),
      ),
      retention: Type.Optional(
        Type.Object(
          {
            prompt: Type.Optional(KeepRule),
            content: Type.Optional(KeepRule),
            output: Type.Optional(KeepRule),
            body: Type.Optional(KeepRule),
            evidence: Type.Optional(KeepRule),
          },
          closed,
        ),
      ),
      witnesses: Type.Optional(Type.Array(Witness, { maxItems: 4 })),
      roles: Type.Optional(OrganisationRoles),
    },
    closed,
  ),
  examples: [
    { packs: ['coding-agent'], retention: { content: { keep_days: 7 } } },
    {
      witnesses: [
        {
          name: 'w1',
          url: 'https://witness.example',
          key: ['witness.example/w1+00000000+AAAA'],
          required: true,
        },
      ],
    },
  ],
  refused: [
    { why: 'a class there is not', value: { retention: { diary: { keep_days: 1 } } } },
    { why: 'roles of no provider', value: { roles: { groups: [{ group: 'a', role: 'owner' }] } } },
    { why: 'a witness without a key', value: { witnesses: [{ name: 'w', url: 'https://w' }] } },
  ],
});
