import Type from 'typebox';
import { ActionRequest } from './action-request.ts';
import { ActionRules } from './action-rules.ts';
import { ApprovalToken } from './approval-token.ts';
import { artifact } from './artifact.ts';
import { exampleSignature } from './example-signature.ts';
import { OrganisationSettings } from './organisation-settings.ts';
import {
  closed,
  Digest,
  HybridSignature,
  PrincipalKey,
  PrincipalSignature,
  referenceTo,
  Uint64,
} from './primitives.ts';

const HASH = `sha256:${'6b'.repeat(32)}`;
const SOURCE = 'design rulings 2, 7, 8; whitepaper 2.6.11, 9.4.3';
const signature = exampleSignature(HASH);
const organisation_id = 'org://example';

export const PolicyBundle = artifact({
  name: 'PolicyBundle',
  source: SOURCE,
  summary:
    'The ceiling an organisation sets for every node that pinned its key. Hybrid class: valid ' +
    'only with both signatures of that key, under SIG_DOMAIN_POLICY. The ceiling is the payload ' +
    'whose digest is `policy_hash`: ActionRules in canonical form. `version` never goes down on ' +
    'a node. Age counts in Chain Time from when the node accepted it, or from `issued` (Unix ' +
    'milliseconds of the organisation) where that is earlier, so that it only shortens. Older ' +
    'than `max_age_ms` everything is blocked, what would be allowed is asked, or it is kept.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      organisation_id: referenceTo('org'),
      key_id: Digest,
      version: Uint64,
      policy_hash: Digest,
      issued: Uint64,
      max_age_ms: Uint64,
      stale: Type.Union([Type.Literal('block'), Type.Literal('ask'), Type.Literal('keep')]),
      settings: Type.Optional(OrganisationSettings.schema),
      signature: PrincipalSignature,
    },
    closed,
  ),
  examples: [
    {
      organisation_id,
      key_id: HASH,
      version: '1',
      policy_hash: HASH,
      issued: '1800000000000',
      max_age_ms: '2592000000',
      stale: 'ask',
      signature,
    },
  ],
  refused: [
    {
      why: 'unsigned',
      value: {
        organisation_id,
        key_id: HASH,
        version: '1',
        policy_hash: HASH,
        issued: '1800000000000',
        max_age_ms: '2592000000',
        stale: 'ask',
      },
    },
  ],
});

const bundle = PolicyBundle.examples[0]!;

export const PolicyBundleFile = artifact({
  name: 'PolicyBundleFile',
  source: SOURCE,
  summary: 'A bundle as it is handed on: with the rules that its `policy_hash` names.',
  artifactClass: 'enforceable',
  schema: Type.Object({ bundle: PolicyBundle.schema, rules: ActionRules.schema }, closed),
  examples: [{ bundle, rules: { policy_id: 'ceiling', defaults: 'deny_all', rules: [] } }],
  refused: [{ why: 'without its rules', value: { bundle } }],
});

export const AcceptBundle = artifact({
  name: 'AcceptBundle',
  source: SOURCE,
  summary:
    'Payload of `boundary/bundle.accept`: from the next seal on no decision goes further than ' +
    'the rules of this bundle.',
  artifactClass: 'enforceable',
  schema: Type.Object({ bundle: PolicyBundle.schema }, closed),
  examples: [{ bundle }],
  refused: [{ why: 'no bundle', value: {} }],
});

export const PinOrganisation = artifact({
  name: 'PinOrganisation',
  source: SOURCE,
  summary:
    'Payload of `governance/organisation.pin`, signed by the owner: bundles of this key bound ' +
    'the node from now on. `sequence` rises by one with every pin and unpin.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      pin: Type.Object(
        { organisation_id: referenceTo('org'), public_key: PrincipalKey, sequence: Uint64 },
        closed,
      ),
      signature: HybridSignature,
    },
    closed,
  ),
  examples: [
    {
      pin: {
        organisation_id,
        public_key: { algorithm: 'hybrid-ed25519-ml-dsa-44', ed25519: 'AAAA', ml_dsa_44: 'AAAA' },
        sequence: '1',
      },
      signature,
    },
  ],
  refused: [{ why: 'unsigned', value: { pin: { organisation_id, sequence: '1' } } }],
});

export const UnpinOrganisation = artifact({
  name: 'UnpinOrganisation',
  source: SOURCE,
  summary:
    'Payload of `governance/organisation.unpin`, signed by the owner: no bundle bounds the node ' +
    'any more. It widens, so it needs a token over exactly this statement.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      unpin: Type.Object(
        { organisation_id: referenceTo('org'), key_id: Digest, sequence: Uint64 },
        closed,
      ),
      signature: HybridSignature,
      request: Type.Optional(ActionRequest.schema),
      token: Type.Optional(ApprovalToken.schema),
    },
    closed,
  ),
  examples: [{ unpin: { organisation_id, key_id: HASH, sequence: '2' }, signature }],
  refused: [{ why: 'unsigned', value: { unpin: { organisation_id, sequence: '2' } } }],
});
