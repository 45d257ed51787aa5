import { openAiFault } from './chat-answer.ts';
import { countIn, type Fields, fieldsIn, listIn, textIn } from './fields.ts';
import { type Gathered, givenOf, type OpenCall } from './gathered.ts';
import type { CallPart, End, Manner, NeutralAnswer, Saying, TextPart, Usage } from './neutral.ts';
import { type AnswerWords, type Read, type Reading, wordIn, wrong } from './reading.ts';

/** Answers of `responses`: its events, and the object of a whole one. */
export const responsesAnswer: AnswerWords = {
  read: (reading, event) => {
    const { type, delta, response, error, message } = event;
    const { id, model, error: failed } = fieldsIn(response);
    switch (type) {
      case 'response.created':
        return said(reading, { kind: 'begun', id: textIn(id), model: textIn(model) });
      case 'response.output_item.added':
        return added(reading, event);
      case 'response.output_item.done':
        return closedItem(reading, event);
      case 'response.output_text.delta':
        return said({ ...reading, hasSaid: true }, { kind: 'text', text: textIn(delta) });
      case 'response.function_call_arguments.delta':
        return given(reading, event, delta);
      case 'response.function_call_arguments.done':
        return reading.hasGiven ? { reading, said: [] } : given(reading, event, event['arguments']);
      case 'response.refusal.delta':
        return { reading: { ...reading, end: { kind: 'refused' } }, said: [] };
      case 'response.completed':
      case 'response.incomplete':
        return reading.hasSaid
          ? ending(reading, fieldsIn(response))
          : late(reading, fieldsIn(response));
      case 'response.failed':
        return wrong(reading, wordIn(failed ?? type));
      case 'error':
        return wrong(reading, wordIn(error ?? message));
      // What is thought, and what says again what was said.
      default:
        return { reading, said: [] };
    }
  },
  eventsOf: ({ output, ...response }) => [
    { type: 'response.created', response },
    ...listIn(output).flatMap((item, output_index) => wholeItem(fieldsIn(item), output_index)),
    { type: `response.${response['status'] ?? 'completed'}`, response },
  ],
  write: (saying, before, manner) => {
    const { id, model } = before;
    const last = before.parts.at(-1);
    const at = before.parts.length;
    switch (saying.kind) {
      case 'begun': {
        const response = responseOf({ ...saying, parts: [] }, manner, 'in_progress');
        return ['created', 'in_progress'].map((each) => ({ type: `response.${each}`, response }));
      }
      case 'text':
        return textEvents(before, saying, manner);
      case 'call': {
        const empty = { ...saying, given: {} };
        const item = { ...itemFor(empty, id, at, manner), ...emptyOf(saying, manner) };
        const added = { output_index: at, item: { ...item, status: 'in_progress' } };
        return [...closing(before, manner), { type: 'response.output_item.added', ...added }];
      }
      case 'given': {
        if (last?.kind !== 'call' || manner.tools.get(last.name)?.isFree) return [];
        const place = { item_id: callItemId(last), output_index: at - 1 };
        return [{ type: 'response.function_call_arguments.delta', ...place, delta: saying.text }];
      }
      case 'ended': {
        const parts = before.parts.map(closed);
        const response = responseOf({ id, model, parts, ...saying }, manner, undefined);
        return [...closing(before, manner), { type: `response.${response['status']}`, response }];
      }
    }
  },
  whole: (answer, manner) => responseOf(answer, manner, undefined),
  fault: openAiFault,
  broken: (message) => {
    const error = { code: 'server_error', message };
    return { type: 'response.failed', response: { status: 'failed', error } };
  },
};

function said(reading: Reading, ...all: readonly Saying[]): Read {
  return { reading, said: all };
}

function added(reading: Reading, { output_index: at, item }: Fields): Read {
  const { type, call_id: id, name } = fieldsIn(item);
  if (type === 'message' || type === 'reasoning') return { reading, said: [] };
  if (type !== 'function_call') return wrong(reading, `an item of type ${wordIn(type)}`);
  const next = { ...reading, open: countIn(at), hasGiven: false, hasSaid: true };
  return said(next, { kind: 'call', id: textIn(id), name: textIn(name) });
}

/** A call that comes in this event alone would be lost, and its answer told as whole. */
function closedItem(reading: Reading, { output_index: at, item }: Fields): Read {
  const isCall = fieldsIn(item)['type'] === 'function_call';
  if (isCall && reading.open !== at) return wrong(reading, 'the end of a call that is not open');
  return { reading: { ...reading, open: undefined }, said: [] };
}

function given(reading: Reading, { output_index: at }: Fields, text: unknown): Read {
  if (reading.open !== at) return wrong(reading, 'arguments of a call that is not open');
  return said({ ...reading, hasGiven: true }, { kind: 'given', text: textIn(text) });
}

/** An answer that is said whole in its last event, and in none before. */
function late(reading: Reading, response: Fields): Read {
  const begun = { kind: 'begun', id: textIn(response['id']), model: textIn(response['model']) };
  const all: Saying[] = [begun as Saying];
  let next = reading;
  for (const event of listIn(response['output']).flatMap((item, at) =>
    wholeItem(fieldsIn(item), at),
  )) {
    const read = responsesAnswer.read(next, event);
    if (read.fault !== undefined) return read;
    next = read.reading;
    all.push(...read.said);
  }
  const end = ending(next, response);
  return { ...end, said: [...all, ...end.said] };
}

function ending(reading: Reading, { usage, incomplete_details: cut }: Fields): Read {
  const { reason } = fieldsIn(cut);
  const short = reason === 'content_filter' ? 'refused' : 'length';
  const kind = reason === undefined ? 'stop' : short;
  const end = reading.end ?? ({ kind } as const);
  return said(reading, { kind: 'ended', end, usage: usageIn(usage) });
}

function wholeItem(item: Fields, output_index: number): readonly Fields[] {
  const events = listIn(item['content']).map((each) => {
    const { type, text } = fieldsIn(each);
    const name = type === 'refusal' ? 'response.refusal.delta' : 'response.output_text.delta';
    return { type: name, output_index, delta: text };
  });
  const isCall = item['type'] === 'function_call';
  const done = { type: 'response.function_call_arguments.done', arguments: item['arguments'] };
  return [
    { type: 'response.output_item.added', output_index, item },
    ...(item['type'] === 'message' ? events : []),
    ...(isCall ? [{ ...done, output_index }] : []),
    { type: 'response.output_item.done', output_index, item },
  ];
}

function textEvents(before: Gathered, { text }: TextPart, manner: Manner): readonly Fields[] {
  const { id, parts } = before;
  const isOpen = parts.at(-1)?.kind === 'text';
  const at = isOpen ? parts.length - 1 : parts.length;
  const place = { item_id: textItemId(id, at), output_index: at };
  const delta = { type: 'response.output_text.delta', ...place, content_index: 0, delta: text };
  if (isOpen) return [delta];
  const item = { ...itemFor({ kind: 'text', text: '' }, id, at, manner) };
  const empty = { ...item, content: [], status: 'in_progress' };
  return [
    ...closing(before, manner),
    { type: 'response.output_item.added', output_index: at, item: empty },
    { type: 'response.content_part.added', ...place, content_index: 0, part: partFor('') },
    delta,
  ];
}

function closing({ id, parts }: Gathered, manner: Manner): readonly Fields[] {
  const last = parts.at(-1);
  if (last === undefined) return [];
  const output_index = parts.length - 1;
  const item = itemFor(closed(last), id, output_index, manner);
  const place = { item_id: item['id'], output_index };
  const done = { type: 'response.output_item.done', output_index, item };
  if (last.kind === 'text') {
    const about = { ...place, content_index: 0 };
    return [
      { type: 'response.output_text.done', ...about, text: last.text },
      { type: 'response.content_part.done', ...about, part: partFor(last.text) },
      done,
    ];
  }
  const { input, arguments: given } = item;
  if (input === undefined) {
    return [{ type: 'response.function_call_arguments.done', ...place, arguments: given }, done];
  }
  return [
    { type: 'response.custom_tool_call_input.delta', ...place, delta: input },
    { type: 'response.custom_tool_call_input.done', ...place, input },
    done,
  ];
}

function closed(part: TextPart | OpenCall): TextPart | CallPart {
  if (part.kind === 'text') return part;
  return { kind: 'call', id: part.id, name: part.name, given: givenOf(part) };
}

function textItemId(id: string, at: number): string {
  return `msg_${id}_${at}`;
}

function callItemId({ id }: Pick<CallPart, 'id'>): string {
  return `fc_${id}`;
}

function partFor(text: string): Fields {
  return { type: 'output_text', text, annotations: [] };
}

function emptyOf({ name }: { readonly name: string }, { tools }: Manner): Fields {
  return tools.get(name)?.isFree ? { input: '' } : { arguments: '' };
}

function itemFor(part: TextPart | CallPart, id: string, at: number, { tools }: Manner): Fields {
  if (part.kind === 'text') {
    const about = { type: 'message', id: textItemId(id, at), role: 'assistant' };
    return { ...about, status: 'completed', content: [partFor(part.text)] };
  }
  // By the names that its program knows it by.
  const { name = part.name, namespace, isFree } = tools.get(part.name) ?? {};
  const place = namespace === undefined ? {} : { namespace };
  const about = { id: callItemId(part), call_id: part.id, name, ...place, status: 'completed' };
  if (isFree) return { type: 'custom_tool_call', ...about, input: textIn(part.given['input']) };
  return { type: 'function_call', ...about, arguments: JSON.stringify(part.given) };
}

type Said = Pick<NeutralAnswer, 'id' | 'model' | 'parts'> &
  Partial<Pick<NeutralAnswer, 'end' | 'usage'>>;

function responseOf(answer: Said, manner: Manner, status: 'in_progress' | undefined): Fields {
  const { id, model, parts, end, usage } = answer;
  const reason = SHORT[end?.kind ?? 'stop'];
  const cut = reason === undefined ? null : { reason };
  return {
    ...{ id, object: 'response', created_at: 0, model },
    status: status ?? (cut === null ? 'completed' : 'incomplete'),
    ...{ incomplete_details: cut, error: null },
    output: parts.map((each, at) => itemFor(each, id, at, manner)),
    ...{ parallel_tool_calls: true, tool_choice: 'auto', tools: [] },
    usage: usage === undefined ? null : usageFor(usage),
  };
}

const SHORT: { readonly [kind in End['kind']]?: string } = {
  length: 'max_output_tokens',
  refused: 'content_filter',
};

function usageIn(given: unknown): Usage {
  const { input_tokens, input_tokens_details, ...said } = fieldsIn(given);
  return {
    taken: countIn(input_tokens),
    cached: countIn(fieldsIn(input_tokens_details)['cached_tokens']),
    given: countIn(said['output_tokens']),
    thought: countIn(fieldsIn(said['output_tokens_details'])['reasoning_tokens']),
  };
}

function usageFor({ taken, cached, given, thought }: Usage): Fields {
  return {
    ...{ input_tokens: taken, output_tokens: given, total_tokens: taken + given },
    input_tokens_details: { cached_tokens: cached },
    output_tokens_details: { reasoning_tokens: thought },
  };
}
