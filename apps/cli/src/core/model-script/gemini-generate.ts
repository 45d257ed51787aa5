import { type Fields, fieldsOf, listOf, textOf, textsIn } from './fields.ts';
import type { Asked, OfferedTool, Turn } from './script.ts';
import { jsonAnswer, streamAnswer, type WireFormat } from './wire.ts';

const PATH = /\/models\/([^/:]+):(generateContent|streamGenerateContent)$/;

/** `models/MODEL:generateContent`, `:streamGenerateContent` of Google; what Gemini CLI speaks. */
export const geminiGenerate: WireFormat = {
  speaks: (path) => PATH.test(path),
  read: ({ path, body }) => {
    const [, model = '', verb] = PATH.exec(path.split('?')[0] ?? '') ?? [];
    const { tools, contents } = fieldsOf(body);
    const parts = listOf(contents).flatMap((each) => listOf(fieldsOf(each)['parts']));
    const all = parts.map((each) => fieldsOf(fieldsOf(each)['functionResponse']));
    const answers = all.filter(({ id }) => id !== undefined);
    return {
      isStream: verb === 'streamGenerateContent',
      model,
      tools: listOf(tools).flatMap((each) => toolsOf(fieldsOf(each))),
      results: new Map(answers.map(({ id, response }) => [textOf(id), textsIn(response)])),
    };
  },
  answer: (turn, asked) => {
    const response = responseOf(turn, asked);
    return asked.isStream ? streamAnswer([{ data: response }]) : jsonAnswer(response);
  },
};

function toolsOf({ functionDeclarations: declared }: Fields): readonly OfferedTool[] {
  return listOf(declared)
    .map(fieldsOf)
    .map(({ name, parametersJsonSchema, parameters }) => {
      return { name: textOf(name), schema: fieldsOf(parametersJsonSchema ?? parameters) };
    });
}

function responseOf({ text, call }: Turn, { model }: Asked): Fields {
  const part =
    call === undefined
      ? { text }
      : { functionCall: { id: call.id, name: call.name, args: call.arguments } };
  return {
    candidates: [{ index: 0, content: { role: 'model', parts: [part] }, finishReason: 'STOP' }],
    usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
    modelVersion: model,
    responseId: `response_${call?.id ?? 'end'}`,
  };
}
