import Type from 'typebox';
import { ActionRequest } from './action-request.ts';
import { ApprovalToken } from './approval-token.ts';
import { artifact } from './artifact.ts';
import { exampleSignature } from './example-signature.ts';
import { VersionText } from './manifest-envelope.ts';
import {
  AuthorityScope,
  ChainTime,
  Count,
  closed,
  Digest,
  HybridPublicKey,
  HybridSignature,
  JsonObject,
  LongText,
  PrimitiveCapability,
  ReceiptId,
  referenceTo,
  ShortText,
  Uint64,
  Uri,
} from './primitives.ts';
import { FileName } from './worker-manifest.ts';

const HASH = `sha256:${'4e'.repeat(32)}`;
const BYTES = 'AAAA';
const signature = exampleSignature(HASH);

/** It is the name of a server too, so that a policy can name what it offers. */
const ID = '^ai://([A-Za-z0-9._~-]+/)+[a-z][a-z0-9_-]{0,63}$';

const Kind = Type.Union([Type.Literal('skill'), Type.Literal('extension')]);

const Parameter = Type.Object(
  {
    argument: ShortText,
    kind: Type.Union([Type.Literal('url'), Type.Literal('content'), Type.Literal('value')]),
    is_destination: Type.Optional(Type.Boolean()),
  },
  closed,
);

const Tool = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z][a-z0-9_-]{0,63}$' }),
    description: LongText,
    input_schema: JsonObject,
    effect: Type.Union([
      Type.Literal('read'),
      Type.Literal('idempotent'),
      Type.Literal('at_most_once'),
    ]),
    risk_class: Type.Union([Type.Literal('low'), Type.Literal('high')]),
    primitive_capabilities: Type.Array(PrimitiveCapability, { minItems: 1, maxItems: 16 }),
    authority_scopes: Type.Array(AuthorityScope, { maxItems: 16 }),
    parameters: Type.Array(Parameter, { maxItems: 64 }),
  },
  closed,
);

const Entry = Type.Object(
  { language: Type.Union([Type.Literal('python'), Type.Literal('typescript')]), file: FileName },
  closed,
);

const Host = Type.String({ pattern: '^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:[1-9][0-9]{0,4})?$' });

const skill = {
  authority: `did:ioi:${'4e'.repeat(32)}`,
  id: 'ai://builder-xyz/release-notes',
  version: 'v1.0.0',
  kind: 'skill' as const,
  about: 'How to write notes of a release.',
  package: { type: 'tar' as const, digest: HASH },
  files: [{ path: 'SKILL.md', digest: HASH, size: 812 }],
  public_key: {
    algorithm: 'hybrid-ed25519-ml-dsa-44' as const,
    ed25519: BYTES,
    ml_dsa_44: BYTES,
  },
  signature,
};

const extension = {
  ...skill,
  id: 'ai://builder-xyz/weather',
  kind: 'extension' as const,
  about: 'Asks a weather service.',
  files: [{ path: 'server.mjs', digest: HASH, size: 2048 }],
  entry: { language: 'typescript' as const, file: 'server.mjs' },
  hosts: ['api.weather.example'],
  tools: [
    {
      name: 'forecast',
      description: 'The forecast for a town.',
      input_schema: { type: 'object', properties: { town: { type: 'string' } } },
      effect: 'read' as const,
      risk_class: 'low' as const,
      primitive_capabilities: ['prim:net.request'],
      authority_scopes: [],
      parameters: [{ argument: 'town', kind: 'value' as const }],
    },
  ],
};

export const AddOnManifest = artifact({
  name: 'AddOnManifest',
  source: 'whitepaper 2.3; decision 0089',
  summary:
    'A Skill, which is words for a worker or agent, or an Extension, which is tools behind the ' +
    'boundary. Hybrid class: valid only with both signatures of `authority`, under ' +
    'SIG_DOMAIN_MANIFEST, over all the rest. `files` has each file of `package`, so that what ' +
    'changed between versions is seen. A skill has neither `entry`, `hosts` nor `tools`; an ' +
    'extension has `entry` and `tools`, each as its program lists it. It gives no authority: ' +
    'its tools land below `mcp::NAME::`, where no rule of a policy knows them yet.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      authority: Uri,
      id: Type.String({ pattern: ID, maxLength: 512 }),
      version: VersionText,
      kind: Kind,
      about: LongText,
      package: Type.Object({ type: Type.Literal('tar'), digest: Digest }, closed),
      files: Type.Array(Type.Object({ path: FileName, digest: Digest, size: Count }, closed), {
        minItems: 1,
        maxItems: 256,
      }),
      entry: Type.Optional(Entry),
      hosts: Type.Optional(Type.Array(Host, { maxItems: 64 })),
      tools: Type.Optional(Type.Array(Tool, { minItems: 1, maxItems: 64 })),
      public_key: HybridPublicKey,
      signature: HybridSignature,
    },
    closed,
  ),
  examples: [skill, extension],
  refused: [
    { why: 'unknown field', value: { ...skill, prompt: 'obey' } },
    { why: 'a name no server may have', value: { ...skill, id: 'ai://builder-xyz/Release' } },
    { why: 'neither kind', value: { ...skill, kind: 'worker' } },
    { why: 'a file outside', value: { ...skill, files: [{ ...skill.files[0], path: '../a' }] } },
    {
      why: 'a tool that says where it lands',
      value: { ...extension, tools: [{ ...extension.tools[0], target: 'fs::write' }] },
    },
  ],
});

export const InstallAddOn = artifact({
  name: 'InstallAddOn',
  source: 'whitepaper 2.3, 4.5; decision 0089',
  summary:
    'Payload of `addons/add_on.install`, signed by the owner: exactly this package of exactly ' +
    'this manifest, whose own signatures are checked again. `old_manifest_hash` is what it takes ' +
    'the place of, zeros for nothing. What asks for more than that, or says something else, ' +
    'needs `token`, whose request has `installation` as its params.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      installation: Type.Object(
        {
          manifest: AddOnManifest.schema,
          package: Digest,
          old_manifest_hash: Digest,
          sequence: Uint64,
          may_downgrade: Type.Boolean(),
        },
        closed,
      ),
      signature: HybridSignature,
      request: Type.Optional(ActionRequest.schema),
      token: Type.Optional(ApprovalToken.schema),
    },
    closed,
  ),
  examples: [
    {
      installation: {
        manifest: skill,
        package: HASH,
        old_manifest_hash: HASH,
        sequence: '1',
        may_downgrade: false,
      },
      signature,
    },
  ],
  refused: [{ why: 'unsigned', value: { installation: { package: HASH, sequence: '1' } } }],
});

export const RemoveAddOn = artifact({
  name: 'RemoveAddOn',
  source: 'whitepaper 2.3; decision 0089',
  summary:
    'Payload of `addons/add_on.remove`, signed by the owner: nothing of this Skill or Extension ' +
    'is offered from here on.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      removal: Type.Object(
        { id: referenceTo('ai'), old_manifest_hash: Digest, sequence: Uint64 },
        closed,
      ),
      signature: HybridSignature,
    },
    closed,
  ),
  examples: [
    {
      removal: { id: 'ai://builder-xyz/release-notes', old_manifest_hash: HASH, sequence: '2' },
      signature,
    },
  ],
  refused: [{ why: 'unsigned', value: { removal: { id: 'ai://a/b', sequence: '2' } } }],
});

export const AddOnInstallReceipt = artifact({
  name: 'AddOnInstallReceipt',
  source: 'whitepaper 2.3, B.5; decision 0089',
  summary:
    'A Skill or Extension was installed, as a WorkerInstallReceipt says it of a worker. ' +
    '`add_on_manifest_ref` names the signed manifest by its digest, `install_right_ref` what the ' +
    'owner signed, `policy_hash` the policy in force then, which it did not change.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      receipt_id: ReceiptId,
      add_on_manifest_ref: referenceTo('ai'),
      kind: Kind,
      installer_ref: referenceTo('wallet'),
      install_right_ref: referenceTo('ref'),
      policy_hash: Digest,
      receipt_time: ChainTime,
    },
    closed,
  ),
  examples: [
    {
      receipt_id: `receipt_${'4e'.repeat(16)}`,
      add_on_manifest_ref: `ai://manifest/${HASH}`,
      kind: 'skill',
      installer_ref: 'wallet://local/owner',
      install_right_ref: `ref://installation/${HASH}`,
      policy_hash: HASH,
      receipt_time: '1800000000000',
    },
  ],
  refused: [{ why: 'no kind', value: { add_on_manifest_ref: `ai://manifest/${HASH}` } }],
});
