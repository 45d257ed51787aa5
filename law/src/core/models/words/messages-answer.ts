import { countIn, type Fields, fieldsIn, isFields, listIn, textIn } from './fields.ts';
import type { Gathered } from './gathered.ts';
import type { End, Saying, Usage } from './neutral.ts';
import { type AnswerWords, type Read, type Reading, wordIn, wrong } from './reading.ts';

/** Answers of `messages`: its events, and the object of a whole one. */
export const messagesAnswer: AnswerWords = {
  read: (reading, event) => {
    const { type, message, error } = event;
    const { id, model, usage: first } = fieldsIn(message);
    switch (type) {
      case 'message_start': {
        const usage = usageIn(first, reading.usage);
        const begun = { kind: 'begun', id: textIn(id), model: textIn(model) } as const;
        return { reading: { ...reading, usage }, said: [begun] };
      }
      case 'content_block_start':
        return started(reading, event);
      case 'content_block_delta':
        return piece(reading, event);
      case 'content_block_stop':
        return { reading: { ...reading, open: undefined }, said: [] };
      case 'message_delta':
        return ending(reading, event);
      case 'message_stop': {
        const { end, usage } = reading;
        if (end === undefined) return wrong(reading, 'it ended for no reason');
        return { reading, said: [{ kind: 'ended', end, usage }] };
      }
      case 'error':
        return wrong(reading, wordIn(error));
      // Its reference has more to come: what is not known says nothing (Messages: streaming).
      default:
        return { reading, said: [] };
    }
  },
  eventsOf: ({ content, stop_reason, stop_sequence, ...message }) => [
    { type: 'message_start', message },
    ...listIn(content).flatMap((block, index) => [
      { type: 'content_block_start', index, content_block: block },
      { type: 'content_block_stop', index },
    ]),
    { type: 'message_delta', delta: { stop_reason, stop_sequence } },
    { type: 'message_stop' },
  ],
  write: (saying, before) => {
    const last = before.parts.at(-1);
    const index = before.parts.length;
    const block = (content_block: Fields): readonly Fields[] => {
      return [...closing(before), { type: 'content_block_start', index, content_block }];
    };
    const delta = (at: number, said: Fields): Fields => {
      return { type: 'content_block_delta', index: at, delta: said };
    };
    switch (saying.kind) {
      case 'begun': {
        const usage = { input_tokens: 0, output_tokens: 0 };
        const about = { ...headOf(saying.id, saying.model), content: [], usage };
        return [{ type: 'message_start', message: { ...about, ...NO_END } }];
      }
      case 'text': {
        const said = { type: 'text_delta', text: saying.text };
        if (last?.kind === 'text') return [delta(index - 1, said)];
        return [...block({ type: 'text', text: '' }), delta(index, said)];
      }
      case 'call':
        return block({ type: 'tool_use', id: saying.id, name: saying.name, input: {} });
      case 'given':
        return [delta(index - 1, { type: 'input_json_delta', partial_json: saying.text })];
      case 'ended':
        return [
          ...closing(before),
          { type: 'message_delta', delta: reasonOf(saying.end), usage: usageFor(saying.usage) },
          { type: 'message_stop' },
        ];
    }
  },
  whole: ({ id, model, parts, end, usage }) => {
    const content = parts.map((each) => {
      if (each.kind === 'text') return { type: 'text', text: each.text };
      return { type: 'tool_use', id: each.id, name: each.name, input: each.given };
    });
    return { ...headOf(id, model), content, ...reasonOf(end), usage: usageFor(usage) };
  },
  fault: (status, message) => {
    const type = KINDS[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error');
    return { type: 'error', error: { type, message } };
  },
  broken: (message) => ({ type: 'error', error: { type: 'api_error', message } }),
};

const NO_END = { stop_reason: null, stop_sequence: null };
const KINDS: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  529: 'overloaded_error',
};
const REASONS: ReadonlyMap<string, Exclude<End['kind'], 'stopped'>> = new Map([
  ['end_turn', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_use', 'calls'],
  ['refusal', 'refused'],
]);

function headOf(id: string, model: string): Fields {
  return { id, type: 'message', role: 'assistant', model };
}

function started(reading: Reading, { index, content_block: block }: Fields): Read {
  const { type, text, id, name, input } = fieldsIn(block);
  if (reading.open !== undefined) return wrong(reading, 'a block began within another');
  const next = { ...reading, open: Number(index) };
  if (type === 'text') return { reading: next, said: [{ kind: 'text', text: textIn(text) }] };
  if (type === 'thinking' || type === 'redacted_thinking') return { reading: next, said: [] };
  if (type !== 'tool_use') return wrong(reading, `a block of type ${wordIn(type)}`);
  const given = isFields(input) && Object.keys(input).length > 0 ? JSON.stringify(input) : '';
  const call: Saying = { kind: 'call', id: textIn(id), name: textIn(name) };
  return { reading: next, said: [call, { kind: 'given', text: given }] };
}

function piece(reading: Reading, { index, delta }: Fields): Read {
  const { type, text, partial_json: given } = fieldsIn(delta);
  if (reading.open !== index) return wrong(reading, 'a piece of a block that is not open');
  if (type === 'text_delta') return { reading, said: [{ kind: 'text', text: textIn(text) }] };
  if (type !== 'input_json_delta') return { reading, said: [] };
  return { reading, said: [{ kind: 'given', text: textIn(given) }] };
}

function ending(reading: Reading, { delta, usage }: Fields): Read {
  const { stop_reason: reason, stop_sequence: at } = fieldsIn(delta);
  const kind = REASONS.get(textIn(reason));
  const next = { ...reading, usage: usageIn(usage, reading.usage) };
  if (reason === 'stop_sequence') {
    return { reading: { ...next, end: { kind: 'stopped', at: textIn(at) } }, said: [] };
  }
  if (kind !== undefined) return { reading: { ...next, end: { kind } }, said: [] };
  return reason ? wrong(next, `it ended with ${wordIn(reason)}`) : { reading: next, said: [] };
}

function closing({ parts }: Gathered): readonly Fields[] {
  return parts.length === 0 ? [] : [{ type: 'content_block_stop', index: parts.length - 1 }];
}

function reasonOf(end: End): Fields {
  if (end.kind === 'stopped') return { stop_reason: 'stop_sequence', stop_sequence: end.at };
  const reason = [...REASONS].find(([, each]) => each === end.kind)?.[0];
  return { stop_reason: reason, stop_sequence: null };
}

/** What came from its cache, or went there, it says beside what was read anew. */
function usageIn(given: unknown, so: Usage): Usage {
  const fields = fieldsIn(given);
  const { input_tokens, cache_read_input_tokens, cache_creation_input_tokens } = fields;
  const { output_tokens } = fields;
  const cached = countIn(cache_read_input_tokens);
  const taken = countIn(input_tokens) + cached + countIn(cache_creation_input_tokens);
  const isRead = typeof input_tokens === 'number';
  return {
    ...(isRead ? { taken, cached } : { taken: so.taken, cached: so.cached }),
    given: typeof output_tokens === 'number' ? countIn(output_tokens) : so.given,
    thought: so.thought,
  };
}

function usageFor({ taken, cached, given }: Usage): Fields {
  return {
    input_tokens: Math.max(0, taken - cached),
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cached,
    output_tokens: given,
  };
}
