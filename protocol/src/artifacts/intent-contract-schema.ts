import Type from 'typebox';
import { artifact } from './artifact.ts';
import { ChainTime, closed, Money, Scalar, ShortText } from './primitives.ts';

const Names = Type.Array(ShortText, { maxItems: 64 });

export const IntentContractSchema = artifact({
  name: 'IntentContractSchema',
  source: 'whitepaper 2.4.1, 4.3.5',
  summary:
    'What the parties of a task agreed on, in values that can be compared: no sentence decides ' +
    'whether it was kept. A contract without a rubric is judged by people. A score is a decimal ' +
    'string from 0 to 1.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      template_id: Type.String({ pattern: '^tpl:[a-z0-9][a-z0-9._-]{0,127}$' }),
      max_price: Type.Optional(Money),
      deadline_epoch: Type.Optional(ChainTime),
      min_confidence_score: Type.Optional(Type.String({ pattern: '^(0(\\.[0-9]{1,9})?|1)$' })),
      allowed_providers: Type.Optional(Names),
      outcome_type: Type.Optional(ShortText),
      rubric: Type.Optional(
        Type.Record(
          Type.String({ pattern: '^[a-z][a-z0-9_]{0,63}$' }),
          Type.Union([Scalar, Type.Array(Scalar, { maxItems: 64 })]),
          { maxProperties: 64 },
        ),
      ),
      optimize_for: Type.Optional(Type.Array(ShortText, { maxItems: 16 })),
    },
    closed,
  ),
  examples: [
    {
      template_id: 'tpl:code.review.v1',
      max_price: { amount: '4.50', unit: 'USD' },
      deadline_epoch: '1800000600000',
      min_confidence_score: '0.9',
      allowed_providers: ['did:ioi:reviewer'],
      outcome_type: 'patch',
      rubric: { contains_code: true, passes_linter: true, forbidden_words: ['sorry'] },
      optimize_for: ['price'],
    },
  ],
  refused: [
    { why: 'no template', value: { outcome_type: 'patch' } },
    { why: 'a score that is a float', value: { template_id: 'tpl:a', min_confidence_score: 0.9 } },
  ],
});
