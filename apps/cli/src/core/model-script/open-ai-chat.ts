import { type Fields, fieldsOf, listOf, textOf, textsIn } from './fields.ts';
import type { Asked, Turn } from './script.ts';
import { jsonAnswer, type StreamEvent, streamAnswer, type WireFormat } from './wire.ts';

/** `POST /v1/chat/completions` of OpenAI, which most others speak as well. */
export const openAiChat: WireFormat = {
  speaks: (path) => path.endsWith('/chat/completions'),
  read: ({ body }) => {
    const { stream, model, tools, messages } = fieldsOf(body);
    const offered = listOf(tools).map((each) => fieldsOf(fieldsOf(each)['function']));
    const said = listOf(messages).map(fieldsOf);
    const answers = said.filter(({ role }) => role === 'tool');
    return {
      isStream: stream === true,
      model: textOf(model),
      tools: offered.map(({ name, parameters }) => {
        return { name: textOf(name), schema: fieldsOf(parameters) };
      }),
      results: new Map(
        answers.map(({ tool_call_id: id, content }) => [textOf(id), textsIn(content)]),
      ),
    };
  },
  answer: (turn, asked) =>
    asked.isStream ? streamAnswer(eventsOf(turn, asked)) : jsonAnswer(completionOf(turn, asked)),
};

const USAGE = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };

function messageOf({ text, call }: Turn): Fields {
  if (call === undefined) return { role: 'assistant', content: text };
  const { id, name } = call;
  const given = { name, arguments: JSON.stringify(call.arguments) };
  const calls = [{ index: 0, id, type: 'function', function: given }];
  return { role: 'assistant', content: null, tool_calls: calls };
}

const endOf = ({ call }: Turn): string => (call === undefined ? 'stop' : 'tool_calls');

function headOf({ model }: Asked, object: string): Fields {
  return { id: 'chatcmpl-script', object, created: 0, model };
}

function completionOf(turn: Turn, asked: Asked): Fields {
  const choice = { index: 0, message: messageOf(turn), finish_reason: endOf(turn) };
  return { ...headOf(asked, 'chat.completion'), choices: [choice], usage: USAGE };
}

function eventsOf(turn: Turn, asked: Asked): readonly StreamEvent[] {
  const head = headOf(asked, 'chat.completion.chunk');
  const choices = [
    { index: 0, delta: messageOf(turn), finish_reason: null },
    { index: 0, delta: {}, finish_reason: endOf(turn) },
  ];
  return [
    ...choices.map((choice) => ({ data: { ...head, choices: [choice] } })),
    { data: { ...head, choices: [], usage: USAGE } },
    { data: '[DONE]' },
  ];
}
