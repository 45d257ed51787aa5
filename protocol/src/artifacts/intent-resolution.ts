import Type from 'typebox';
import { artifact } from './artifact.ts';
import {
  AuthorityScope,
  closed,
  Digest,
  PrimitiveCapability,
  ShortText,
  Target,
} from './primitives.ts';

const IntentClass = Type.String({ pattern: '^[a-z][a-z0-9_]{0,63}$' });
/** Checked against the registered shapes when it is used, so that the refusal has a name. */
const EvidenceShape = Type.String({ minLength: 1, maxLength: 128 });

const research = {
  intent_class: 'look_up_fact',
  primitive_capabilities: ['prim:net.request'],
  authority_scopes: [],
  retrieval_affordances: ['queryable_index', 'timestamped_record'],
};

export const IntentDefinition = artifact({
  name: 'IntentDefinition',
  source: 'whitepaper E.1 (three-layer rule, structural retrieval rule)',
  summary:
    'One class of what a person may want, and what it takes: primitive capabilities and ' +
    'authority scopes, never a tool. `retrieval_affordances` name shapes of evidence, never ' +
    'providers. `targets` narrows which tools may serve it; none means any.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      intent_class: IntentClass,
      primitive_capabilities: Type.Array(PrimitiveCapability, { minItems: 1, maxItems: 16 }),
      authority_scopes: Type.Array(AuthorityScope, { maxItems: 16 }),
      retrieval_affordances: Type.Array(EvidenceShape, { maxItems: 16 }),
      targets: Type.Optional(Type.Array(Target, { minItems: 1, maxItems: 64 })),
    },
    closed,
  ),
  examples: [research],
  refused: [{ why: 'it names a tool', value: { ...research, tool: 'web_search' } }],
});

export const IntentResolutionRequest = artifact({
  name: 'IntentResolutionRequest',
  source: 'whitepaper E.1',
  summary:
    'What probabilistic inference proposes: classes of intent with whole-number scores, and the ' +
    'shapes of evidence it needs. It collapses into one IntentRoute, an abstention or an error.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      candidates: Type.Array(
        Type.Object(
          {
            intent_class: IntentClass,
            score: Type.Integer({ minimum: 0, maximum: 1_000_000 }),
          },
          closed,
        ),
        { maxItems: 256 },
      ),
      retrieval: Type.Array(EvidenceShape, { maxItems: 16 }),
    },
    closed,
  ),
  examples: [
    { candidates: [{ intent_class: 'look_up_fact', score: 910_000 }], retrieval: [] },
    {
      candidates: [
        { intent_class: 'look_up_fact', score: 910_000 },
        { intent_class: 'send_message', score: 20_000 },
      ],
      retrieval: ['timestamped_record'],
    },
  ],
  refused: [
    { why: 'a score is a fraction', value: { candidates: [{ intent_class: 'a', score: 0.9 }] } },
  ],
});

export const IntentRoute = artifact({
  name: 'IntentRoute',
  source: 'whitepaper E.1',
  summary:
    'The one way a request is served: intent, then capabilities, then tool. `resolution_hash` ' +
    'is over request, definitions, contracts and policy, so that anyone with those can replay it.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      intent_class: IntentClass,
      primitive_capabilities: Type.Array(PrimitiveCapability, { maxItems: 16 }),
      authority_scopes: Type.Array(AuthorityScope, { maxItems: 16 }),
      server: ShortText,
      tool: ShortText,
      target: Target,
      contract_hash: Digest,
      policy_hash: Digest,
      resolution_hash: Digest,
    },
    closed,
  ),
  examples: [
    {
      intent_class: 'read_notes',
      primitive_capabilities: ['prim:fs.read'],
      authority_scopes: [],
      server: 'filesystem',
      tool: 'read_text_file',
      target: 'fs::read',
      contract_hash: `sha256:${'0a'.repeat(32)}`,
      policy_hash: `sha256:${'0b'.repeat(32)}`,
      resolution_hash: `sha256:${'0c'.repeat(32)}`,
    },
  ],
  refused: [{ why: 'no tool', value: { intent_class: 'read_notes' } }],
});
