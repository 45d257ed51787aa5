import { declare, object, text, whole } from './declare.ts';

export const Problem = declare(
  'Problem',
  'Why there is no answer: RFC 9457 problem details with a dotted code, which is what to go by.',
  object({
    type: text('Always `about:blank`.'),
    title: text('In words, for a person.'),
    status: whole('Of the answer.'),
    code: text('Dotted, such as `id.unknown`.'),
  }),
);

/** What the guardian may answer an operation of its own log with. */
export const SEALING = [
  'canon.refused',
  'log.*',
  'operation.*',
  'payload.*',
  'seal.*',
  'guardian.*',
  'store.*',
  'writer.closed',
  'entry.*',
  'node.no_genesis',
  'witness.required',
] as const;
