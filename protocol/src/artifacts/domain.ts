import Type from 'typebox';
import { artifact } from './artifact.ts';
import { exampleSignature } from './example-signature.ts';
import { Genesis } from './genesis.ts';
import {
  closed,
  Digest,
  DomainId,
  Ed25519PublicKey,
  HybridPublicKey,
  HybridSignature,
  MemberName,
  NodeId,
  ShortText,
  TlsAddress,
  Uint64,
} from './primitives.ts';

const genesis = Genesis.examples[0] as Record<string, unknown>;
const HASH = `sha256:${'6d'.repeat(32)}`;
const DOMAIN = 'agentgres://domain/example.org';
const SOURCE = 'whitepaper 3.1; design section 4';

export const SuccessionGrant = artifact({
  name: 'SuccessionGrant',
  source: 'design section 4 (handover)',
  summary:
    'Who may take a node over while nobody is there: the owner signs the keys of the nodes that ' +
    'stand by. Each takeover makes a seal key of its own and signs for it with one of these. A ' +
    'grant of a higher number replaces those of lower ones as soon as it was used once. ' +
    '`replaces` says that a name had another key before: its key id.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      node_id: NodeId,
      number: Uint64,
      successors: Type.Array(
        Type.Object(
          {
            member: MemberName,
            public_key: HybridPublicKey,
            /** The key that the name had before, where the owner put this one in its place. */
            replaces: Type.Optional(Digest),
          },
          closed,
        ),
        { minItems: 1, maxItems: 16 },
      ),
      owner_signature: HybridSignature,
    },
    closed,
  ),
  examples: [
    {
      node_id: `node://local/${'0f'.repeat(16)}`,
      number: '1',
      successors: [{ member: 'two', public_key: genesis['guardian_key'] }],
      owner_signature: exampleSignature(HASH),
    },
  ] as never,
  refused: [{ why: 'nobody may succeed', value: { number: '1', successors: [] } }],
});

export const ClusterRoster = artifact({
  name: 'ClusterRoster',
  source: 'whitepaper 2.2 (planes A and D); design section 4 (store)',
  summary:
    'Who of the nodes that share a store may speak with whom: where each that may write listens ' +
    'for operations, and which replicas bring them, each by the digest of its TLS key ' +
    '(SubjectPublicKeyInfo). The owner signs it; one of a higher number replaces those of lower ' +
    'ones. It gives no authority over a log: what a replica brings carries signatures of its own.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      node_id: NodeId,
      number: Uint64,
      writers: Type.Array(
        Type.Object({ member: MemberName, address: TlsAddress, tls_key: Digest }, closed),
        { maxItems: 16 },
      ),
      replicas: Type.Array(Type.Object({ replica: MemberName, tls_key: Digest }, closed), {
        maxItems: 256,
      }),
      owner_signature: HybridSignature,
    },
    closed,
  ),
  examples: [
    {
      node_id: `node://local/${'0f'.repeat(16)}`,
      number: '2',
      writers: [{ member: 'one', address: 'one.example.org:7420', tls_key: HASH }],
      replicas: [{ replica: 'reader', tls_key: HASH }],
      owner_signature: exampleSignature(HASH),
    },
  ] as never,
  refused: [
    { why: 'nobody signed', value: { number: '1', writers: [], replicas: [] } },
    {
      why: 'a writer without a port',
      value: { number: '1', writers: [{ member: 'one', address: 'one', tls_key: HASH }] },
    },
  ],
});

export const ChangeEpoch = artifact({
  name: 'ChangeEpoch',
  source: 'design section 4 (handover)',
  summary:
    'Payload of `domain/epoch.change`, written by the guardian that takes over: what its ' +
    'predecessor sealed last (a note with both its signatures over `size` entries, which end ' +
    'right before this one), the key that seals from here on, and the signature of the owner ' +
    'over all of it with node_id and domain_id. `restore` says that entries sealed later may be ' +
    'lost: those up to `known_size` where the owner knew of so many. `succession` says that a ' +
    'node that stood by signed in the place of the owner, who had granted that; its note of the ' +
    'predecessor may have the Ed25519 signature alone.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      epoch: Uint64,
      reason: Type.Union([
        Type.Literal('handover'),
        Type.Literal('restore'),
        Type.Literal('succession'),
      ]),
      predecessor: Type.Object(
        { size: Uint64, note: Type.String({ minLength: 1, maxLength: 16_384 }) },
        closed,
      ),
      known_size: Type.Optional(Uint64),
      guardian_key: HybridPublicKey,
      /** Origin line of the checkpoints from here on: that of genesis, `/`, the epoch. */
      origin: ShortText,
      succession: Type.Optional(SuccessionGrant.schema),
      /** Of the owner, or of the successor that made the change. */
      owner_signature: HybridSignature,
    },
    closed,
  ),
  examples: [
    {
      epoch: '1',
      reason: 'restore',
      predecessor: { size: '12', note: 'ioi.local/0f0f\n12\nAAAA\n\n— ioi.local/0f0f AAAA\n' },
      guardian_key: genesis['guardian_key'],
      origin: 'ioi.local/0f0f/1',
      owner_signature: exampleSignature(HASH),
    },
  ] as never,
  refused: [{ why: 'no predecessor', value: { epoch: '1', reason: 'restore' } }],
});

export const DomainGenesis = artifact({
  name: 'DomainGenesis',
  source: SOURCE,
  summary:
    'Payload of `domain/genesis`, the first entry of a domain that a node keeps beside its own ' +
    'log: the same keys seal it, under an origin of its own. One that begins in a later epoch of ' +
    'its node carries the change by which the node came to its guardian.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      domain_id: DomainId,
      ...Genesis.schema.properties,
      epoch_change: Type.Optional(ChangeEpoch.schema),
    },
    closed,
  ),
  examples: [{ domain_id: DOMAIN, ...genesis }] as never,
  refused: [{ why: 'no domain_id', value: genesis }],
});

export const OpenDomain = artifact({
  name: 'OpenDomain',
  source: SOURCE,
  summary:
    "Payload of `domain/open` in a node's own log: from here on its guardian seals this domain.",
  artifactClass: 'enforceable',
  schema: Type.Object({ domain_id: DomainId }, closed),
  examples: [{ domain_id: DOMAIN }],
  refused: [{ why: 'a path is no domain', value: { domain_id: '/tmp/domain' } }],
});

export const RegisterPrincipal = artifact({
  name: 'RegisterPrincipal',
  source: 'whitepaper 3.1',
  summary:
    'Payload of `domain/principal.register`: a key may speak these operations from here on, each ' +
    'by its full name or all of a module as `objects/*`. Registering again replaces.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      public_key: Type.Union([Ed25519PublicKey, HybridPublicKey]),
      operations: Type.Array(Type.String({ pattern: '^[a-z]+/([a-z_]+(\\.[a-z_]+)*|\\*)$' }), {
        minItems: 1,
        maxItems: 64,
      }),
      label: Type.Optional(ShortText),
    },
    closed,
  ),
  examples: [
    { public_key: { algorithm: 'ed25519', key: 'AAAA' }, operations: ['objects/*'], label: 'ci' },
  ],
  refused: [{ why: 'no operations', value: { public_key: { algorithm: 'ed25519', key: 'AAAA' } } }],
});

export const RevokePrincipal = artifact({
  name: 'RevokePrincipal',
  source: 'whitepaper 3.1',
  summary: 'Payload of `domain/principal.revoke`: a key may speak no more.',
  artifactClass: 'enforceable',
  schema: Type.Object({ key_id: Digest }, closed),
  examples: [{ key_id: HASH }],
  refused: [{ why: 'no key', value: {} }],
});
