import Type from 'typebox';
import { ActionRules } from '../artifacts/action-rules.ts';
import { ActionFacts } from '../artifacts/facts.ts';
import { FirewallDecisionReceipt } from '../artifacts/firewall-decision-receipt.ts';
import { PolicyBundle, PolicyBundleFile } from '../artifacts/policy-bundle.ts';
import {
  anyValue,
  declare,
  flag,
  json,
  list,
  mapOf,
  object,
  of,
  operations,
  optional,
  taggedJson,
  text,
  whole,
} from './declare.ts';
import { SEALING } from './problem.ts';

/** Whose policy it is. */
export const layer = FirewallDecisionReceipt.schema.properties.layer;

export const PolicyInForce = declare(
  'PolicyInForce',
  'The policy of the owner that decides now.',
  object({
    policy_id: text(),
    policy_hash: text(),
    version: text(),
    mode: optional(Type.Literal('observe', { description: 'Absent where it enforces.' })),
    observe_until: optional(text('Chain Time: from then on it enforces by itself.')),
  }),
);

export const PolicyProposal = declare(
  'PolicyProposal',
  'How far a node has observed on the way to a policy that it proposes. It carries no authority.',
  object({
    acts: whole('Governed acts since the policy observes, counted up to `at`.'),
    at: whole(
      'So many acts at which the node proposes to learn a policy from them and to enforce.',
    ),
    proposed: flag('It proposes now.'),
  }),
);

const { signature: _, key_id: __, organisation_id: ___, ...terms } = PolicyBundle.schema.properties;

export const OrganisationStatus = declare(
  'OrganisationStatus',
  'The organisation whose bundles bound the node, and the bundle in force. Times in Chain Time.',
  object({
    organisation_id: text(),
    key_id: text(),
    bundle: optional(
      object(
        {
          ...terms,
          bundle_hash: text(),
          accepted: text(),
          age_ms: text('Since it was accepted, or issued where that is longer.'),
          is_stale: flag(),
        },
        'Absent until one was accepted: then nothing is bounded yet.',
      ),
    ),
  }),
);

export const RuleTrace = declare(
  'RuleTrace',
  'One rule against one request.',
  object({
    rule_id: text(),
    action: text(),
    target: text(),
    matched: flag(),
    layer,
    field: optional(text('Condition that decided, with what it wanted and what it saw.')),
    wanted: optional(anyValue()),
    seen: optional(anyValue()),
  }),
);

export const EffectiveQuestion = declare(
  'EffectiveQuestion',
  'A recorded request, or one that could come.',
  Type.Union([
    object({ id: text() }),
    object({ target: text(), params: mapOf(anyValue()), facts: optional(of(ActionFacts)) }),
  ]),
);

const verdict = {
  verdict: text(),
  code: text(),
  rule_id: optional(text()),
  field: optional(text()),
};

export const LayerVerdict = declare(
  'LayerVerdict',
  'What one layer says of a request.',
  object(verdict),
);

export const EffectivePolicy = declare(
  'EffectivePolicy',
  'All layers together; with `decision` to a question.',
  object({
    policy: optional(of(PolicyInForce)),
    organisation: optional(of(OrganisationStatus)),
    decision: optional(
      object({
        ...verdict,
        target: text(),
        params: mapOf(anyValue()),
        facts: of(ActionFacts),
        layer,
        local: optional(of(LayerVerdict)),
        ceiling: optional(of(LayerVerdict)),
        rules: list(of(RuleTrace)),
      }),
    ),
  }),
);

export const AcceptedBundle = declare(
  'AcceptedBundle',
  'Where the log says that a bundle was accepted.',
  object({ seq: text(), version: text(), policy_hash: text() }),
);

const KNOWN = { 'if-none-match': { in: 'header', summary: 'Tags of what is known.' } } as const;
const HASH = 'Strong: the policy hash, which is that of these bytes.';

export const policyOperations = operations('policy', [
  {
    route: 'GET /v1/policy',
    id: 'readPolicy',
    role: 'auditor',
    summary: 'The rules of the owner that are in force',
    query: KNOWN,
    answers: taggedJson(of(ActionRules), HASH),
    problems: { 404: ['policy.none_active'] },
  },
  {
    route: 'GET /v1/policy/bundle',
    id: 'readBundle',
    role: 'auditor',
    summary: "The rules of the node's organisation that are in force",
    query: KNOWN,
    answers: taggedJson(of(ActionRules), HASH),
    problems: { 404: ['bundle.none'] },
  },
  {
    route: 'POST /v1/policy/bundle',
    once: true,
    id: 'acceptBundle',
    role: 'operator',
    summary: "Bring the bundle of the node's organisation",
    query: {
      'if-match': { in: 'header', summary: 'Only where these rules are in force.' },
      'if-none-match': { in: 'header', summary: '`*`: only where none are.' },
    },
    body: of(PolicyBundleFile),
    answers: { 201: json(of(AcceptedBundle)) },
    problems: {
      412: ['precondition.failed'],
      400: ['request.invalid', 'bundle.invalid'],
      409: ['bundle.*', 'organisation.*', 'policy.*', ...SEALING],
    },
  },
  {
    route: 'POST /v1/policy/proposal/dismiss',
    once: true,
    id: 'dismissProposal',
    role: 'operator',
    summary: 'Propose again after as many acts more',
    answers: { 200: json(of(PolicyProposal)) },
    problems: { 409: ['proposal.none'] },
  },
  {
    route: 'GET /v1/policy/effective',
    id: 'effectivePolicy',
    role: 'auditor',
    summary: 'The policy in force, and the organisation above it',
    query: KNOWN,
    answers: taggedJson(of(EffectivePolicy), 'Weak: of all but the age of a bundle.'),
  },
  {
    route: 'POST /v1/policy/effective',
    id: 'askPolicy',
    role: 'auditor',
    summary: 'What all layers say now of a request, recorded or made up',
    body: of(EffectiveQuestion),
    answers: { 200: json(of(EffectivePolicy)) },
    problems: {
      400: ['request.invalid'],
      404: ['id.unknown'],
      409: ['policy.*', 'bundle.*'],
    },
  },
]);
