import Type from 'typebox';
import { ActionRules } from './action-rules.ts';
import { artifact } from './artifact.ts';
import { PolicyBundle, PolicyBundleFile } from './policy-bundle.ts';
import { closed, PrincipalKey } from './primitives.ts';

const public_key = {
  algorithm: 'hybrid-ed25519-ml-dsa-44' as const,
  ed25519: 'AAAA',
  ml_dsa_44: 'AAAA',
};

export const OrganisationPublication = artifact({
  name: 'OrganisationPublication',
  source: 'whitepaper 9.4.3; docs/decisions/0042-organisations-publish.md',
  summary:
    'What an organisation puts where its nodes look, `ioi-organisation.json`: its newest bundle, ' +
    'the rules of it, and the key that signed it. The key is worth nothing by itself: whoever ' +
    'enrols knows its fingerprint from elsewhere.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    { public_key: PrincipalKey, bundle: PolicyBundle.schema, rules: ActionRules.schema },
    closed,
  ),
  examples: [{ public_key, ...PolicyBundleFile.examples[0]! }],
  refused: [{ why: 'without the key', value: PolicyBundleFile.examples[0]! }],
});
