import Type from 'typebox';
import { artifact } from './artifact.ts';
import {
  AuthorityScope,
  Count,
  closed,
  Digest,
  FlowLabel,
  PrimitiveCapability,
  ShortText,
  Target,
} from './primitives.ts';

const Parameter = Type.Object(
  {
    /** Name of the tool's argument. */
    argument: ShortText,
    /** Name in ActionRequest.params; several arguments may not share one. */
    parameter: ShortText,
    kind: Type.Union([
      Type.Literal('path'),
      Type.Literal('path_list'),
      Type.Literal('url'),
      Type.Literal('content'),
      Type.Literal('value'),
    ]),
    /** It says whom or what the act is for: a recipient, an address, an account, an object. */
    is_destination: Type.Optional(Type.Boolean()),
  },
  closed,
);

export const RuntimeToolContract = artifact({
  name: 'RuntimeToolContract',
  source: 'whitepaper 2.3, 2.6.5, 8.2.1, E.2',
  summary:
    'What one version of one tool does: where it lands in the target namespace, what it needs, ' +
    'which facts decide, how its outcome is verified. A tool without a contract is blocked; a ' +
    'tool whose input schema no longer has `schema_hash` is blocked.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      server: Type.String({ pattern: '^[a-z][a-z0-9_-]{0,63}$' }),
      tool: Type.String({ minLength: 1, maxLength: 128 }),
      version: ShortText,
      schema_hash: Digest,
      target: Target,
      primitive_capabilities: Type.Array(PrimitiveCapability, { maxItems: 16 }),
      authority_scopes: Type.Array(AuthorityScope, { maxItems: 16 }),
      risk_class: Type.Union([Type.Literal('low'), Type.Literal('high')]),
      /** A person decides each act under it, where the rules let it through at all. */
      approval: Type.Optional(Type.Literal('always')),
      effect: Type.Union([
        Type.Literal('read'),
        Type.Literal('idempotent'),
        Type.Literal('at_most_once'),
        Type.Literal('reversible'),
      ]),
      parameters: Type.Array(Parameter, { maxItems: 64 }),
      /** What a person would have to ask for; absent for a read, and where it is not known. */
      act: Type.Optional(
        Type.Union([
          Type.Literal('send'),
          Type.Literal('create'),
          Type.Literal('update'),
          Type.Literal('delete'),
          Type.Literal('share'),
          Type.Literal('buy'),
        ]),
      ),
      /** Whether what it returns is records of named fields, or running text. */
      returns: Type.Optional(Type.Union([Type.Literal('records'), Type.Literal('text')])),
      /** What its results are labelled with, besides its server and target. */
      labels: Type.Optional(Type.Array(FlowLabel, { maxItems: 16 })),
      facts: Type.Array(
        Type.Union([
          Type.Literal('resolved_addresses'),
          Type.Literal('target_exists'),
          Type.Literal('workspace_root'),
        ]),
        { maxItems: 8 },
      ),
      secret_slots: Type.Array(ShortText, { maxItems: 16 }),
      rrsa_domain: Type.Union([
        Type.Literal('filesystem'),
        Type.Literal('network'),
        Type.Literal('shell'),
        Type.Literal('unmapped'),
      ]),
      applicability_class: Type.Union([
        Type.Literal('deterministic_local'),
        Type.Literal('topology_dependent'),
        Type.Literal('remote_retrieval'),
      ]),
      postconditions: Type.Array(
        Type.Union([
          Type.Literal('content_matches'),
          Type.Literal('target_exists'),
          Type.Literal('source_absent'),
          Type.Literal('output_present'),
        ]),
        { maxItems: 8 },
      ),
      limits: Type.Object({ timeout_ms: Count, output_bytes: Count }, closed),
    },
    closed,
  ),
  examples: [
    {
      server: 'filesystem',
      tool: 'write_file',
      version: '2026.8.31',
      schema_hash: `sha256:${'0c'.repeat(32)}`,
      target: 'fs::write',
      primitive_capabilities: ['prim:fs.write'],
      authority_scopes: [],
      risk_class: 'low',
      effect: 'idempotent',
      parameters: [
        { argument: 'path', parameter: 'path', kind: 'path' },
        { argument: 'content', parameter: 'content', kind: 'content' },
      ],
      facts: ['target_exists', 'workspace_root'],
      secret_slots: [],
      rrsa_domain: 'filesystem',
      applicability_class: 'deterministic_local',
      postconditions: ['content_matches'],
      limits: { timeout_ms: 30_000, output_bytes: 1_048_576 },
    },
  ],
  refused: [
    { why: 'capability written as a URI', value: { primitive_capabilities: ['prim://fs'] } },
  ],
});
