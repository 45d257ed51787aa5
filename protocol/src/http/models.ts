import {
  declare,
  json,
  list,
  object,
  of,
  oneOf,
  operations,
  optional,
  text,
  whole,
} from './declare.ts';
import { SEALING } from './problem.ts';

const Candidate = object({
  provider: oneOf(
    ['openai', 'openai-responses', 'anthropic', 'gemini', 'ollama'],
    'How it is spoken to.',
  ),
  url: text('At which server: of this machine, or elsewhere by https.'),
  model: text(),
  key: optional(text('The secret of the vault that it is asked with; never its value.')),
  price: optional(
    object({ input: text('Of a million tokens.'), output: text(), unit: text() }, 'If any.'),
  ),
});

export const ModelRoutes = declare(
  'ModelRoutes',
  'Names that models are asked by, each with candidates in the order they are tried.',
  object({ routes: list(object({ name: text(), candidates: list(Candidate) })) }),
);

export const ModelAsked = declare(
  'ModelAsked',
  'A question to a route, never to a provider.',
  object({
    route: text(),
    messages: list(object({ role: oneOf(['system', 'user', 'assistant']), content: text() })),
    max_tokens: optional(whole('1,024 unless told.')),
  }),
);

export const ModelAnswered = declare(
  'ModelAnswered',
  'What a model said, which one, and why that one.',
  object({
    state: oneOf(['served', 'pending'], '`pending`: a person has to approve it.'),
    request_hash: text(),
    receipt_id: text(),
    answer: optional(
      object({
        text: text(),
        route: text(),
        requested: text('The first candidate.'),
        served: text('The candidate that answered.'),
        model: text('As the server names it.'),
        why: text('Why that one.'),
        tried: list(object({ candidate: text(), code: text(), why: text() })),
        usage: object({ input_tokens: whole(), output_tokens: whole() }),
        cost: optional(object({ amount: text(), unit: text() })),
      }),
    ),
  }),
);

export const modelOperations = operations('models', [
  {
    route: 'GET /v1/models',
    id: 'listModels',
    role: 'auditor',
    summary: 'Routes to models',
    answers: { 200: json(of(ModelRoutes)) },
    problems: { 409: ['config.invalid'] },
  },
  {
    route: 'POST /v1/models/ask',
    id: 'askModel',
    role: 'owner',
    summary: 'Ask the model that a route leads to',
    description: 'One act, `model::invoke`: decided by the policy, performed once, receipted.',
    body: of(ModelAsked),
    answers: { 200: json(of(ModelAnswered)) },
    problems: {
      400: ['request.invalid', 'step.params_invalid'],
      403: ['policy.*', 'approval.*', 'session.paused', 'request.invalid'],
      404: ['model.unknown_route'],
      502: ['execution.*', 'model.*', 'ERR_UPSTREAM_POLICY_VIOLATION'],
      503: SEALING,
    },
  },
]);
