import { type Fields, fieldsOf, listOf, textOf, textsIn } from './fields.ts';
import type { Asked, OfferedTool, Turn } from './script.ts';
import { jsonAnswer, type StreamEvent, streamAnswer, type WireFormat } from './wire.ts';

/** `POST /v1/responses` of OpenAI; what Codex speaks. */
export const openAiResponses: WireFormat = {
  speaks: (path) => path.endsWith('/responses'),
  read: ({ body }) => {
    const { stream, model, tools, input } = fieldsOf(body);
    return {
      isStream: stream === true,
      model: textOf(model),
      tools: listOf(tools).flatMap((each) => toolsOf(fieldsOf(each))),
      results: resultsIn(listOf(input)),
    };
  },
  answer: (turn, asked) => {
    const item = itemOf(turn);
    const response = responseOf(asked, item);
    return asked.isStream ? streamAnswer(eventsOf(item, response)) : jsonAnswer(response);
  },
};

/** Tools of an MCP server come together, under a namespace. */
function toolsOf(tool: Fields, namespace?: string): readonly OfferedTool[] {
  const { type, name, parameters, tools } = tool;
  if (type === 'namespace') {
    return listOf(tools).flatMap((each) => toolsOf(fieldsOf(each), textOf(name)));
  }
  if (typeof name !== 'string') return [];
  const place = namespace === undefined ? {} : { namespace };
  return [{ name, ...place, schema: fieldsOf(parameters) }];
}

function resultsIn(items: readonly unknown[]): ReadonlyMap<string, string> {
  const outputs = items.map(fieldsOf).filter(({ type }) => type === 'function_call_output');
  return new Map(outputs.map(({ call_id: id, output }) => [textOf(id), textsIn(output)]));
}

function itemOf({ call, text }: Turn): Fields {
  if (call === undefined) {
    const content = [{ type: 'output_text', text, annotations: [] }];
    return { type: 'message', id: 'msg_end', role: 'assistant', status: 'completed', content };
  }
  const { id, name, namespace } = call;
  const place = namespace === undefined ? {} : { namespace };
  const given = JSON.stringify(call.arguments);
  const about = { id: `fc_${id}`, call_id: id, name, ...place, arguments: given };
  return { type: 'function_call', ...about, status: 'completed' };
}

function responseOf({ model }: Asked, item: Fields): Fields {
  return {
    id: `resp_${textOf(item['id'])}`,
    object: 'response',
    created_at: 0,
    status: 'completed',
    model,
    output: [item],
    parallel_tool_calls: false,
    tool_choice: 'auto',
    tools: [],
    usage: {
      input_tokens: 1,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 1,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 2,
    },
  };
}

function eventsOf(item: Fields, response: Fields): readonly StreamEvent[] {
  const started = { ...response, status: 'in_progress', output: [] };
  const isCall = item['type'] === 'function_call';
  const empty = isCall ? { arguments: '' } : { content: [] };
  const place = { output_index: 0 };
  const events: readonly Fields[] = [
    { type: 'response.created', response: started },
    {
      type: 'response.output_item.added',
      ...place,
      item: { ...item, ...empty, status: 'in_progress' },
    },
    ...(isCall ? callEvents(item) : textEvents(item)),
    { type: 'response.output_item.done', ...place, item },
    { type: 'response.completed', response },
  ];
  return events.map((data, sequence) => {
    return { event: textOf(data['type']), data: { ...data, sequence_number: sequence } };
  });
}

function callEvents({ id, arguments: given }: Fields): readonly Fields[] {
  const place = { item_id: id, output_index: 0 };
  return [
    { type: 'response.function_call_arguments.delta', ...place, delta: given },
    { type: 'response.function_call_arguments.done', ...place, arguments: given },
  ];
}

function textEvents({ id, content }: Fields): readonly Fields[] {
  const [part] = listOf(content).map(fieldsOf);
  const place = { item_id: id, output_index: 0, content_index: 0 };
  const text = part?.['text'];
  return [
    { type: 'response.content_part.added', ...place, part: { ...part, text: '' } },
    { type: 'response.output_text.delta', ...place, delta: text },
    { type: 'response.output_text.done', ...place, text },
    { type: 'response.content_part.done', ...place, part },
  ];
}
