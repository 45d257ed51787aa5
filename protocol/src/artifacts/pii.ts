import Type from 'typebox';
import { artifact } from './artifact.ts';
import { Count, closed, Digest, ShortText, Target } from './primitives.ts';

const HASH = `sha256:${'6d'.repeat(32)}`;

export const PiiClass = Type.Union([
  Type.Literal('private_key'),
  Type.Literal('api_key'),
  Type.Literal('jwt'),
  Type.Literal('generic_secret'),
  Type.Literal('card_pan'),
  Type.Literal('iban'),
  Type.Literal('ssn'),
  Type.Literal('email'),
  Type.Literal('phone'),
  Type.Literal('ip_address'),
]);

const Outcome = Type.Union([
  Type.Literal('allow'),
  Type.Literal('transform'),
  Type.Literal('require_approval'),
  Type.Literal('deny'),
]);

const Finding = Type.Object(
  {
    class: PiiClass,
    severity: Type.Union([
      Type.Literal('low'),
      Type.Literal('moderate'),
      Type.Literal('severe'),
      Type.Literal('critical'),
    ]),
    confidence: Type.Union([Type.Literal('low'), Type.Literal('medium'), Type.Literal('high')]),
    is_ambiguous: Type.Boolean(),
    is_rewritable: Type.Boolean(),
    count: Count,
  },
  closed,
);

const AssistIdentity = Type.Object(
  {
    kind: Type.Literal('cim_v0'),
    version: ShortText,
    config_hash: Digest,
    module_hash: Digest,
  },
  closed,
);

const Redaction = Type.Object(
  {
    at: Type.String({ maxLength: 16_384 }),
    class: PiiClass,
    start: Count,
    end: Count,
    placeholder: ShortText,
  },
  closed,
);

export const RedactionManifest = artifact({
  name: 'RedactionManifest',
  source: 'whitepaper 2.6.4, 8.1.1',
  summary:
    'What was taken out of the texts of an action before it left, by place, and what stands ' +
    'there now. `at` is a JSON pointer into the parameters, `start` and `end` are UTF-16 code ' +
    'units of the text as it was. It holds nothing of what was taken out.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    { source_hash: Digest, redactions: Type.Array(Redaction, { maxItems: 512 }) },
    closed,
  ),
  examples: [
    {
      source_hash: HASH,
      redactions: [
        { at: '/text', class: 'email', start: 3, end: 19, placeholder: '[redacted:email:1]' },
      ],
    },
  ],
  refused: [{ why: 'a class nobody detects', value: { source_hash: HASH, redactions: [{}] } }],
});

/** What the daemon says an inspection gave: the guardian inspects again. */
export const PiiInspection = Type.Object(
  {
    /** Salted digest of what was inspected, and so a commitment to it. */
    source_hash: Digest,
    graph_hash: Digest,
    findings: Type.Array(Finding, { maxItems: 128 }),
    assist: AssistIdentity,
    outcome: Outcome,
    decision_hash: Digest,
    redaction_manifest: Type.Optional(RedactionManifest.schema),
  },
  closed,
);

const decided = {
  graph_hash: HASH,
  findings: [
    {
      class: 'email',
      severity: 'moderate',
      confidence: 'high',
      is_ambiguous: false,
      is_rewritable: true,
      count: 1,
    },
  ],
  assist: { kind: 'cim_v0', version: '1', config_hash: HASH, module_hash: HASH },
  outcome: 'transform',
  decision_hash: HASH,
} as const;

export const PiiDecisionReceiptEvent = artifact({
  name: 'PiiDecisionReceiptEvent',
  source: 'whitepaper 2.6, 2.6.4, 8.1.1',
  summary:
    'What was decided about the personal data and secrets in an action that leaves the ' +
    'boundary. `decision_hash` binds graph, policy, target, risk surface, assist and outcome. ' +
    '`vault_commitment` is the salted digest of what was inspected, which stays with the node.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      request_hash: Digest,
      target: Target,
      policy_hash: Digest,
      vault_commitment: Digest,
      graph_hash: Digest,
      findings: PiiInspection.properties.findings,
      assist: AssistIdentity,
      outcome: Outcome,
      decision_hash: Digest,
      redaction_manifest_hash: Type.Optional(Digest),
    },
    closed,
  ),
  examples: [
    {
      request_hash: HASH,
      target: 'mail::send',
      policy_hash: HASH,
      vault_commitment: HASH,
      ...decided,
      findings: [...decided.findings],
      redaction_manifest_hash: HASH,
    },
  ],
  refused: [{ why: 'an outcome nobody defined', value: { ...decided, outcome: 'maybe' } }],
});

export const FirewallInterception = artifact({
  name: 'FirewallInterception',
  source: 'whitepaper 2.6',
  summary:
    'An action was held back for what it would have sent: denied, or until a person approves ' +
    'it. Names the classes that were found, never what was found.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      request_hash: Digest,
      target: Target,
      policy_hash: Digest,
      code: ShortText,
      classes: Type.Array(PiiClass, { minItems: 1, maxItems: 10 }),
      decision_hash: Digest,
    },
    closed,
  ),
  examples: [
    {
      request_hash: HASH,
      target: 'mail::send',
      policy_hash: HASH,
      code: 'egress.denied',
      classes: ['card_pan'],
      decision_hash: HASH,
    },
  ],
  refused: [{ why: 'no class', value: { code: 'egress.denied', classes: [] } }],
});

export const EgressAllowlistReceipt = artifact({
  name: 'EgressAllowlistReceipt',
  source: 'whitepaper 8.1.1',
  summary:
    'An action that leaves the boundary was permitted by this policy: its target, and its host ' +
    'where it names one. The seal over the log is the signature.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      request_hash: Digest,
      target: Target,
      host: Type.Optional(ShortText),
      policy_hash: Digest,
      rule_id: Type.Optional(ShortText),
    },
    closed,
  ),
  examples: [{ request_hash: HASH, target: 'net::fetch', host: 'example.com', policy_hash: HASH }],
  refused: [{ why: 'no policy', value: { request_hash: HASH, target: 'net::fetch' } }],
});
