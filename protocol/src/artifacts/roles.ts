import Type from 'typebox';
import { artifact } from './artifact.ts';
import { exampleSignature } from './example-signature.ts';
import { IdToken, ProviderKey, ProviderText, ProviderUrl } from './levels.ts';
import {
  ChainTime,
  closed,
  Digest,
  HybridPublicKey,
  HybridSignature,
  ShortText,
  Uint64,
} from './primitives.ts';

/** What somebody may do at the API of a node (protocol/src/roles.ts says which includes which). */
const RoleName = Type.Union([
  Type.Literal('owner'),
  Type.Literal('approver'),
  Type.Literal('auditor'),
  Type.Literal('operator'),
  Type.Literal('agent-user'),
]);

/** A person who may act as owner for a while, by a key file of their own. */
const BreakGlass = Type.Object(
  { subject: ProviderText, public_key: HybridPublicKey, longest_ms: Uint64 },
  closed,
);

/** Who signs in where, and which of the provider's groups is which role. */
export const OrganisationRoles = Type.Object(
  {
    issuer: ProviderUrl,
    client_id: ProviderText,
    authorization_endpoint: ProviderUrl,
    token_endpoint: ProviderUrl,
    /** As the organisation saw them; any other verifies nothing. */
    keys: Type.Array(ProviderKey, { minItems: 1, maxItems: 16 }),
    /** What is asked for, so that the ID token names the groups. */
    scope: Type.String({ maxLength: 256, pattern: '^openid( [\\x21\\x23-\\x5b\\x5d-\\x7e]+)*$' }),
    /** Of the ID token, with the names of groups. */
    claim: Type.String({ pattern: '^[A-Za-z0-9_.:/-]{1,128}$' }),
    /** The provider has to have asked the person just now. */
    is_fresh: Type.Boolean(),
    groups: Type.Array(Type.Object({ group: ShortText, role: RoleName }, closed), {
      minItems: 1,
      maxItems: 64,
    }),
    break_glass: Type.Optional(Type.Array(BreakGlass, { maxItems: 16 })),
    /** Subjects who have no role any more, whatever groups the provider says. */
    offboarded: Type.Optional(Type.Array(ProviderText, { maxItems: 1024 })),
  },
  closed,
);

const HASH = `sha256:${'2f'.repeat(32)}`;
const SOURCE = 'whitepaper 7.3.2, 9.4.3; docs/decisions/0046-roles.md';
const session = {
  artifact: 'RoleSession' as const,
  audience: HASH,
  token_hash: HASH,
  expires: '1800000000000',
};
const id_token = 'e30.e30.AAAA';

const BreakGlassStatement = Type.Object({ reason: ShortText }, closed);

export const RoleSession = artifact({
  name: 'RoleSession',
  source: SOURCE,
  summary:
    'What a sign-in with a role opens: whoever shows the token of this digest to the node of ' +
    'this guardian has, until then, the roles of the person the ID token names. Its own digest ' +
    'is the nonce of that ID token. With `break_glass` it is of an owner, for a stated reason.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      artifact: Type.Literal('RoleSession'),
      /** Key id of the guardian. */
      audience: Digest,
      token_hash: Digest,
      expires: ChainTime,
      break_glass: Type.Optional(BreakGlassStatement),
    },
    closed,
  ),
  examples: [session, { ...session, break_glass: { reason: 'the approvers are away' } }],
  refused: [{ why: 'of no token', value: { artifact: 'RoleSession', audience: HASH } }],
});

export const OpenRoleSession = artifact({
  name: 'OpenRoleSession',
  source: SOURCE,
  summary:
    'Payload of `roles/open`: somebody signed in at the provider of the organisation. The ID ' +
    'token is what opens it; a session that breaks the glass is signed as well, under ' +
    'SIG_DOMAIN_SESSION, by the key that the organisation names for that person.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    { session: RoleSession.schema, id_token: IdToken, signature: Type.Optional(HybridSignature) },
    closed,
  ),
  examples: [
    { session, id_token },
    { session, id_token, signature: exampleSignature(HASH) },
  ],
  refused: [{ why: 'nobody signed in', value: { session } }],
});

export const CloseRoleSession = artifact({
  name: 'CloseRoleSession',
  source: SOURCE,
  summary:
    'Payload of `roles/close`: the session is over. `role_lost` holds only where the bundle in ' +
    'force gives its person no role any more, `expired` only past its time.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      token_hash: Digest,
      reason: Type.Union([
        Type.Literal('signed_out'),
        Type.Literal('expired'),
        Type.Literal('role_lost'),
      ]),
    },
    closed,
  ),
  examples: [{ token_hash: HASH, reason: 'signed_out' }],
  refused: [{ why: 'for no reason', value: { token_hash: HASH } }],
});
