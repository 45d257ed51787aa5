import Type from 'typebox';
import { artifact } from './artifact.ts';
import { closed, ShortText } from './primitives.ts';

const METHOD = '^(GET|HEAD|POST|PUT|PATCH|DELETE)( /[!-~]{0,512})?$';
const Methods = Type.Array(Type.String({ pattern: METHOD }), { maxItems: 256 });
const example = {
  connector_id: 'std:salesforce:v58',
  interface: {
    type: 'openapi' as const,
    url: 'https://developer.salesforce.com/files/openapi.json',
  },
  auth_requirement: { type: 'oauth2' as const, scopes: ['api', 'refresh_token'] },
  policy_defaults: {
    allow_methods: ['GET', 'POST /sobjects/Account'],
    deny_methods: ['DELETE', 'POST /sobjects/User'],
  },
  notarization: 'required' as const,
};

export const ConnectorManifest = artifact({
  name: 'ConnectorManifest',
  source: 'whitepaper C.4',
  summary:
    'What a connector is made from: where its OpenAPI document is, what it authenticates with, ' +
    'and which methods it offers. A denied method is denied whatever is allowed; with ' +
    '`allow_methods` all others are left out. A path covers what is below it. `evm` signs ' +
    'transactions, `ssh` messages and logins, and neither has an OpenAPI document.',
  artifactClass: 'observational',
  schema: Type.Object(
    {
      connector_id: Type.String({
        pattern: '^[a-z][a-z0-9_-]*(:[a-z0-9._-]+){0,3}$',
        maxLength: 128,
      }),
      interface: Type.Object(
        {
          type: Type.Union([Type.Literal('openapi'), Type.Literal('evm'), Type.Literal('ssh')]),
          url: Type.String({ minLength: 1, maxLength: 2048 }),
        },
        closed,
      ),
      auth_requirement: Type.Object(
        {
          type: Type.Union([
            Type.Literal('oauth2'),
            Type.Literal('bearer'),
            Type.Literal('header'),
            Type.Literal('basic'),
            Type.Literal('sigv4'),
            Type.Literal('webhook'),
            Type.Literal('evm_key'),
            Type.Literal('ssh_key'),
          ]),
          scopes: Type.Optional(Type.Array(ShortText, { maxItems: 64 })),
        },
        closed,
      ),
      policy_defaults: Type.Optional(
        Type.Object(
          { allow_methods: Type.Optional(Methods), deny_methods: Type.Optional(Methods) },
          closed,
        ),
      ),
      notarization: Type.Optional(Type.Union([Type.Literal('required'), Type.Literal('none')])),
    },
    closed,
  ),
  examples: [example, { ...example, notarization: 'none' as const }],
  refused: [
    { why: 'unknown field', value: { ...example, code: 'eval()' } },
    { why: 'another interface', value: { ...example, interface: { type: 'graphql', url: 'x' } } },
  ],
});
