import { err, ok, type Result } from '@ioi/basis';
import type { JsonObject } from '@ioi/jsonrpc';
import type { Rejection } from '@ioi/protocol';

const LONGEST_QUESTION = 4096;
const MOST_CHOICES = 16;
const LONGEST_CHOICE = 256;

/** The tool by which an agent asks its owner what it does not know (whitepaper 10.1). */
export const ASK_PERSON = {
  name: 'person.ask',
  description:
    'Asks the owner of this machine a question in words, and waits for the answer. For what you ' +
    'cannot find out and must not guess; it allows nothing. choices: answers to pick from.',
  inputSchema: {
    type: 'object',
    properties: {
      question: { type: 'string', minLength: 1, maxLength: LONGEST_QUESTION },
      choices: {
        type: 'array',
        maxItems: MOST_CHOICES,
        items: { type: 'string', minLength: 1, maxLength: LONGEST_CHOICE },
      },
    },
    required: ['question'],
    additionalProperties: false,
  },
  outputSchema: {
    type: 'object',
    properties: { answer: { type: 'string' } },
    required: ['answer'],
  },
} as const;

/** What is asked, with room for the answer, which whoever asks cannot fill. */
export function questionIn(given: JsonObject): Result<JsonObject, Rejection> {
  const { question, choices = [], ...strange } = given;
  const [name] = Object.keys(strange);
  if (name !== undefined) return refuse(`${name} is nothing that ${ASK_PERSON.name} takes`);
  if (!isText(question, LONGEST_QUESTION)) {
    return refuse(`question is a text of 1 to ${LONGEST_QUESTION} characters`);
  }
  const isList = Array.isArray(choices) && choices.length <= MOST_CHOICES;
  if (!isList || !choices.every((choice) => isText(choice, LONGEST_CHOICE))) {
    return refuse(`choices are at most ${MOST_CHOICES} texts of 1 to ${LONGEST_CHOICE} characters`);
  }
  return ok({ question, choices, answer: '' });
}

function isText(value: unknown, longest: number): value is string {
  return typeof value === 'string' && value.trim() !== '' && value.length <= longest;
}

function refuse(message: string): Result<never, Rejection> {
  return err({ code: 'contract.arguments_invalid', message });
}
