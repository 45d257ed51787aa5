import Type from 'typebox';
import { artifact } from './artifact.ts';
import { exampleSignature } from './example-signature.ts';
import { VersionText } from './manifest-envelope.ts';
import {
  AuthorityScope,
  closed,
  Digest,
  HybridPublicKey,
  HybridSignature,
  JsonObject,
  LongText,
  PrimitiveCapability,
  referenceTo,
  ShortText,
  Uri,
} from './primitives.ts';

const HASH = `sha256:${'7c'.repeat(32)}`;
const BYTES = 'AAAA';

const TaskName = Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_.-]{0,127}$' });
/** Of the archive: no way up, no root, nothing that another system reads as another name. */
export const FileName = Type.String({
  pattern: '^[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*$',
  maxLength: 100,
});
const Memory = Type.String({ pattern: '^[1-9][0-9]{0,5}(MB|GB)$' });

const Entry = Type.Object(
  {
    /** `guest`: one file of JavaScript in QuickJS; `wasm`: one module; `typescript`: by Node. */
    language: Type.Union([
      Type.Literal('python'),
      Type.Literal('typescript'),
      Type.Literal('guest'),
      Type.Literal('wasm'),
    ]),
    file: FileName,
    compat: Type.Optional(Type.Literal('appendix-c')),
  },
  closed,
);

const Task = Type.Object(
  { name: TaskName, input_schema: JsonObject, output_schema: JsonObject },
  closed,
);

const Package = Type.Object(
  { type: Type.Union([Type.Literal('tar'), Type.Literal('oci')]), digest: Digest },
  closed,
);

const TrainingLineage = Type.Object(
  {
    training_run_ref: referenceTo('run'),
    dataset_commitment: Digest,
    evaluation_receipt_root: Digest,
  },
  closed,
);

const ContributionPolicy = Type.Object(
  {
    mode: ShortText,
    royalty_bps: Type.Integer({ minimum: 0, maximum: 10_000 }),
    license_ref: Type.Optional(referenceTo('license')),
  },
  closed,
);

const RoutingStatus = Type.Union([
  Type.Literal('draft'),
  Type.Literal('submitted'),
  Type.Literal('benchmarking'),
  Type.Literal('eligible'),
  Type.Literal('suspended'),
  Type.Literal('revoked'),
]);

const Texts = Type.Array(ShortText, { maxItems: 64 });

const example = {
  authority: `did:ioi:${'7c'.repeat(32)}`,
  id: 'ai://builder-xyz/research-bot',
  version: 'v1.0.0',
  about: 'Sums up a page.',
  entry: { language: 'python' as const, file: 'worker.py' },
  package: { type: 'tar' as const, digest: HASH },
  tasks: [
    {
      name: 'summarize_url',
      input_schema: {
        type: 'object',
        properties: { url: { type: 'string' } },
        required: ['url'],
        additionalProperties: false,
      },
      output_schema: { type: 'string' },
    },
  ],
  template_id: 'tpl:research.bot.v1',
  requirements: { vram_min: '16GB', framework: 'python-3.11' },
  model_requirements: { arch: 'llama3', quantization: 'q4_k_m', vram_min: '16GB' },
  capabilities_required: ['prim:net.request', 'prim:fs.write', 'prim:model.invoke'],
  scopes_requested: ['scope:repo.write'],
  permissions_request: {
    network: ['Public Research Domains'],
    filesystem: ['Local Summary Folder'],
  },
  policy_defaults: { 'prim:net.request': ['wikipedia.org'], 'cap:spend': '0' },
  endpoints: [{ type: 'http' as const, uri: 'https://api.gateway.example/bot' }],
  developer_fee: '500',
  public_key: {
    algorithm: 'hybrid-ed25519-ml-dsa-44' as const,
    ed25519: BYTES,
    ml_dsa_44: BYTES,
  },
  signature: exampleSignature(HASH),
};

export const WorkerManifest = artifact({
  name: 'WorkerManifest',
  source: 'whitepaper 4.3.4, C.3; 4.3.3 for the schemas of tasks',
  summary:
    'What a worker is, which tasks it does, what it needs and asks for. Hybrid class: valid only ' +
    'with both signatures of `authority`, under SIG_DOMAIN_MANIFEST, over all the rest. ' +
    '`authority` is the DID of `public_key`. `package` names the archive of its files by ' +
    'digest. It gives no authority: `capabilities_required`, `scopes_requested`, ' +
    '`permissions_request` and `policy_defaults` say what is asked for. Names under ' +
    '`cap:` of earlier documents are accepted.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      authority: Uri,
      id: referenceTo('ai'),
      version: VersionText,
      about: Type.Optional(LongText),
      entry: Entry,
      package: Package,
      tasks: Type.Array(Task, { minItems: 1, maxItems: 64 }),
      template_id: Type.Optional(Type.String({ pattern: '^tpl:[a-z0-9._-]{1,128}$' })),
      requirements: Type.Optional(
        Type.Object(
          {
            vram_min: Type.Optional(Memory),
            framework: Type.Optional(
              Type.String({ pattern: '^(python|node)-[0-9]{1,3}(\\.[0-9]{1,3})?$' }),
            ),
          },
          closed,
        ),
      ),
      model_requirements: Type.Optional(
        Type.Object(
          {
            arch: Type.Optional(ShortText),
            quantization: Type.Optional(ShortText),
            vram_min: Type.Optional(Memory),
            /** Names that the node knows models by. */
            routes: Type.Optional(Texts),
          },
          closed,
        ),
      ),
      capabilities_required: Type.Optional(Type.Array(PrimitiveCapability, { maxItems: 64 })),
      scopes_requested: Type.Optional(Type.Array(AuthorityScope, { maxItems: 64 })),
      permissions_request: Type.Optional(
        Type.Object({ network: Type.Optional(Texts), filesystem: Type.Optional(Texts) }, closed),
      ),
      policy_defaults: Type.Optional(
        Type.Record(Type.String(), Type.Union([Texts, Type.String({ maxLength: 256 })])),
      ),
      endpoints: Type.Optional(
        Type.Array(
          Type.Object(
            {
              type: Type.Union([Type.Literal('p2p'), Type.Literal('http')]),
              uri: Type.String({ pattern: '^[a-z][a-z0-9+.-]*:[!-~]{1,1024}$' }),
            },
            closed,
          ),
          { maxItems: 16 },
        ),
      ),
      developer_fee: Type.Optional(
        Type.String({ pattern: '^(0|[1-9][0-9]{0,29})(\\.[0-9]{1,18})?$' }),
      ),
      sparse_worker_category: Type.Optional(ShortText),
      benchmark_profile_refs: Type.Optional(Type.Array(referenceTo('benchmark'), { maxItems: 64 })),
      evaluation_rubric_ref: Type.Optional(referenceTo('rubric')),
      routing_eligibility_status: Type.Optional(RoutingStatus),
      training_lineage: Type.Optional(TrainingLineage),
      contribution_policy: Type.Optional(ContributionPolicy),
      supported_execution_axes: Type.Optional(Texts),
      public_key: HybridPublicKey,
      signature: HybridSignature,
    },
    closed,
  ),
  examples: [
    example,
    {
      ...example,
      version: HASH,
      sparse_worker_category: 'std:code:rust_security_audit.v1',
      benchmark_profile_refs: ['benchmark://ioi/categories/rust_security_audit/v1'],
      evaluation_rubric_ref: 'rubric://ioi/rust_security_audit/v1',
      routing_eligibility_status: 'eligible' as const,
      training_lineage: {
        training_run_ref: 'run://train/1',
        dataset_commitment: HASH,
        evaluation_receipt_root: HASH,
      },
      contribution_policy: {
        mode: 'receipt_weighted',
        royalty_bps: 500,
        license_ref: 'license://example/1',
      },
      supported_execution_axes: ['local'],
    },
  ],
  refused: [
    { why: 'unknown field', value: { ...example, code: 'eval()' } },
    { why: 'a task without its schemas', value: { ...example, tasks: [{ name: 'go' }] } },
    { why: 'no task', value: { ...example, tasks: [] } },
    { why: 'an entry outside', value: { ...example, entry: { language: 'python', file: '../a' } } },
    { why: 'unsigned', value: { authority: example.authority, id: example.id } },
  ],
});
