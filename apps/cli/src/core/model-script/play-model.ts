import { anthropicMessages } from './anthropic-messages.ts';
import { geminiGenerate } from './gemini-generate.ts';
import { openAiChat } from './open-ai-chat.ts';
import { openAiResponses } from './open-ai-responses.ts';
import { type Asked, nextTurn, type Script } from './script.ts';
import { jsonAnswer, type ModelAnswer, type ModelRequest } from './wire.ts';

const FORMATS = [openAiResponses, openAiChat, anthropicMessages, geminiGenerate];

export type Played = {
  readonly answer: ModelAnswer;
  /** Undefined where it was no question to a model. */
  readonly asked: Asked | undefined;
};

/** What a model that follows a script answers to an agent, in the format it was asked in. */
export function playModel(script: Script, request: ModelRequest): Played {
  const [path = ''] = request.path.split('?');
  const format = FORMATS.find(({ speaks }) => speaks(path));
  if (format === undefined || request.method !== 'POST') {
    const error = { message: `a scripted model has nothing at ${path}`, type: 'not_found' };
    return { answer: jsonAnswer({ error }, 404), asked: undefined };
  }
  const asked = format.read(request);
  return { answer: format.answer(nextTurn(script, asked), asked), asked };
}
