import { type Fields, fieldsOf, listOf, textOf, textsIn } from './fields.ts';
import type { Asked, Turn } from './script.ts';
import { jsonAnswer, type StreamEvent, streamAnswer, type WireFormat } from './wire.ts';

/** `POST /v1/messages` of Anthropic; what Claude Code speaks. */
export const anthropicMessages: WireFormat = {
  speaks: (path) => path.endsWith('/messages'),
  read: ({ body }) => {
    const { stream, model, tools, messages } = fieldsOf(body);
    const blocks = listOf(messages).flatMap((each) => listOf(fieldsOf(each)['content']));
    const answers = blocks.map(fieldsOf).filter(({ type }) => type === 'tool_result');
    return {
      isStream: stream === true,
      model: textOf(model),
      tools: listOf(tools)
        .map(fieldsOf)
        .map(({ name, input_schema: schema }) => {
          return { name: textOf(name), schema: fieldsOf(schema) };
        }),
      results: new Map(
        answers.map(({ tool_use_id: id, content }) => [textOf(id), textsIn(content)]),
      ),
    };
  },
  answer: (turn, asked) =>
    asked.isStream ? streamAnswer(eventsOf(turn, asked)) : jsonAnswer(messageOf(turn, asked)),
};

const endOf = ({ call }: Turn): string => (call === undefined ? 'end_turn' : 'tool_use');

function blockOf({ text, call }: Turn): Fields {
  if (call === undefined) return { type: 'text', text };
  return { type: 'tool_use', id: call.id, name: call.name, input: call.arguments };
}

function messageOf(turn: Turn, { model }: Asked): Fields {
  return {
    id: `msg_${turn.call?.id ?? 'end'}`,
    type: 'message',
    role: 'assistant',
    model,
    content: [blockOf(turn)],
    stop_reason: endOf(turn),
    stop_sequence: null,
    usage: { input_tokens: 1, output_tokens: 1 },
  };
}

function eventsOf(turn: Turn, asked: Asked): readonly StreamEvent[] {
  const message = { ...messageOf(turn, asked), content: [], stop_reason: null };
  const block = blockOf(turn);
  const empty = turn.call === undefined ? { text: '' } : { input: {} };
  const delta =
    turn.call === undefined
      ? { type: 'text_delta', text: turn.text }
      : { type: 'input_json_delta', partial_json: JSON.stringify(turn.call.arguments) };
  const end = { stop_reason: endOf(turn), stop_sequence: null };
  const events: readonly Fields[] = [
    { type: 'message_start', message },
    { type: 'content_block_start', index: 0, content_block: { ...block, ...empty } },
    { type: 'content_block_delta', index: 0, delta },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: end, usage: { output_tokens: 1 } },
    { type: 'message_stop' },
  ];
  return events.map((data) => ({ event: textOf(data['type']), data }));
}
