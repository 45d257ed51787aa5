import Type from 'typebox';
import { artifact } from './artifact.ts';
import { PiiClass } from './pii.ts';
import { Capability, ChainTime, Count, closed, Money, ShortText } from './primitives.ts';

const TextList = Type.Array(Type.String({ minLength: 1, maxLength: 4096 }), {
  minItems: 1,
  maxItems: 4096,
});

const RateLimit = Type.Object(
  { count: Type.Integer({ minimum: 1, maximum: 1000 }), window_ms: Count },
  closed,
);

const Conditions = Type.Object(
  {
    allow_apps: Type.Optional(TextList),
    /** `git log **`: program, operands, options in any order; `*` one word, `**` any more. */
    allow_commands: Type.Optional(TextList),
    allow_domains: Type.Optional(TextList),
    /** Addresses and CIDR ranges. */
    allow_ips: Type.Optional(TextList),
    /** `GET`, or `POST /sobjects/Account`: a method and the beginning of a path. */
    allow_methods: Type.Optional(TextList),
    allow_paths: Type.Optional(TextList),
    /** `443` or `8000-8100`. */
    allow_ports: Type.Optional(TextList),
    allow_protocols: Type.Optional(TextList),
    allow_sessions: Type.Optional(TextList),
    /** `window_id` of the context, as text. */
    allow_windows: Type.Optional(TextList),
    /** Of destinations: `user`, `named`, `record`, `content`, `unknown` (see ActionFacts). */
    allow_origins: Type.Optional(TextList),
    /** Labels, each alone or joined by `+`: the session has read all of one entry's. */
    block_flows: Type.Optional(TextList),
    block_intents: Type.Optional(TextList),
    block_text_pattern: Type.Optional(Type.String({ minLength: 1, maxLength: 4096 })),
    /** The rule allows before this time and not from then on. */
    expires: Type.Optional(ChainTime),
    /** Within any 24 hours of Chain Time. */
    max_day_spend: Type.Optional(Money),
    max_session_spend: Type.Optional(Money),
    max_spend: Type.Optional(Money),
    rate_limit: Type.Optional(RateLimit),
    /** Counted for each scheme, host and port by itself. */
    rate_limit_per_origin: Type.Optional(RateLimit),
    requested: Type.Optional(Type.Boolean()),
    target_exists: Type.Optional(Type.Boolean()),
  },
  closed,
);

/** A target, or a namespace wildcard such as `fs::*`. */
const RuleTarget = Type.String({
  pattern: '^[a-z][a-z0-9_]{0,31}(::[A-Za-z0-9_.-]{1,128}){0,3}(::\\*)?$',
});

const PiiClasses = Type.Array(PiiClass, { minItems: 1, maxItems: 10 });

/** What is done about the classes found in what one target, or namespace, sends out. */
const EgressRule = Type.Object(
  {
    target: RuleTarget,
    transform: Type.Optional(PiiClasses),
    require_approval: Type.Optional(PiiClasses),
    deny: Type.Optional(PiiClasses),
    /** Classes that need no more than their shape: doubt about them is not given. */
    certain: Type.Optional(PiiClasses),
  },
  closed,
);

const Rule = Type.Object(
  {
    rule_id: ShortText,
    target: RuleTarget,
    conditions: Conditions,
    action: Type.Union([
      Type.Literal('ALLOW'),
      Type.Literal('BLOCK'),
      Type.Literal('REQUIRE_APPROVAL'),
    ]),
  },
  closed,
);

const IntentFailureOverride = Type.Object(
  {
    intent_class: ShortText,
    failure_class: ShortText,
    strategy_name: ShortText,
    max_transitions: Count,
  },
  closed,
);

const OntologyPolicy = Type.Object(
  {
    approval_mode: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    max_incident_transitions: Type.Optional(Count),
    intent_failure_overrides: Type.Optional(Type.Array(IntentFailureOverride, { maxItems: 256 })),
    tool_preferences: Type.Optional(
      Type.Object(
        {
          /** Order matters: the first manager that works is used. Never sorted. */
          install_manager_priority: Type.Optional(TextList),
          forbidden_remediation_tools: Type.Optional(TextList),
          bounded_reprompt_limit: Type.Optional(Count),
        },
        closed,
      ),
    ),
  },
  closed,
);

export const ActionRules = artifact({
  name: 'ActionRules',
  source: 'whitepaper 2.6.2, 2.6.3, A.1',
  summary:
    'A policy in canonical form: default deny, rules sorted by target, then BLOCK before ' +
    'REQUIRE_APPROVAL before ALLOW, then the canonical string of their conditions. ' +
    '`policy_hash` is SHA-256 of its canonical JSON. Authored policies may use the aliases ' +
    'listed in the policy guide; loading rewrites them to this form.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      policy_id: ShortText,
      defaults: Type.Literal('deny_all'),
      /** Absent where it enforces. Observing lifts everything but BLOCK rules (decision 0012). */
      mode: Type.Optional(Type.Literal('observe')),
      /** Of one that observes: from this time on it enforces. */
      observe_until: Type.Optional(ChainTime),
      /** Unit that bare amounts in the authored policy were given. */
      unit: Type.Optional(Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_.-]{0,31}$' })),
      /** All that any tool may take; without it, anything that the rules let through. */
      envelope: Type.Optional(Type.Array(Capability, { maxItems: 256 })),
      rules: Type.Array(Rule, { maxItems: 1_000_000 }),
      /** One for each target or namespace; without any, nothing is inspected. */
      egress: Type.Optional(Type.Array(EgressRule, { maxItems: 256 })),
      ontology_policy: Type.Optional(OntologyPolicy),
    },
    closed,
  ),
  examples: [
    {
      policy_id: 'notes',
      defaults: 'deny_all',
      rules: [
        {
          rule_id: 'ask_overwrite',
          target: 'fs::write',
          conditions: { allow_paths: ['/home/user/notes'], target_exists: true },
          action: 'REQUIRE_APPROVAL',
        },
        {
          rule_id: 'write_notes',
          target: 'fs::write',
          conditions: { allow_paths: ['/home/user/notes'] },
          action: 'ALLOW',
        },
      ],
    },
  ],
  refused: [
    { why: 'not default deny', value: { policy_id: 'x', defaults: 'allow_all', rules: [] } },
    {
      why: 'unknown condition',
      value: {
        policy_id: 'x',
        defaults: 'deny_all',
        rules: [
          { rule_id: 'r', target: 'fs::read', conditions: { allow_moon: [] }, action: 'ALLOW' },
        ],
      },
    },
    {
      why: 'money as a number',
      value: {
        policy_id: 'x',
        defaults: 'deny_all',
        rules: [
          { rule_id: 'r', target: 'ucp::pay', conditions: { max_spend: 5 }, action: 'ALLOW' },
        ],
      },
    },
  ],
});
