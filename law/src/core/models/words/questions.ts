import { err, ok, type Result } from '@ioi/basis';
import { digestBytes } from '@ioi/canon';
import type { ProviderShape } from '../routing-table.ts';
import { readChat, writeChat } from './chat-question.ts';
import { type Fields, isKept, isTooDeep, type Unsaid } from './fields.ts';
import { readGemini, writeGemini } from './gemini-question.ts';
import { readMessages, writeMessages } from './messages-question.ts';
import type { Manner, NeutralQuestion, Part } from './neutral.ts';
import { readResponses, writeResponses } from './responses-question.ts';

/** The four protocols that programs speak. */
export type Spoken = Exclude<ProviderShape, 'ollama'>;

type QuestionWords = {
  readonly read: (
    asked: Fields,
    unsaid: Unsaid,
  ) => { readonly question: NeutralQuestion; readonly manner: Manner };
  readonly write: (question: NeutralQuestion, unsaid: Unsaid) => Fields;
};

const WORDS: Readonly<Record<Spoken, QuestionWords>> = {
  openai: { read: readChat, write: writeChat },
  'openai-responses': { read: readResponses, write: writeResponses },
  anthropic: { read: readMessages, write: writeMessages },
  gemini: { read: readGemini, write: writeGemini },
};

export type ReadQuestion = { readonly question: NeutralQuestion; readonly manner: Manner };

/** A question in no words but its own; an error says what of it nobody else has words for. */
export function readQuestion(provider: Spoken, asked: Fields): Result<ReadQuestion, string> {
  if (isTooDeep(asked)) return err('it is nested deeper than is read');
  const unsaid = new Notes();
  const read = WORDS[provider].read(asked, unsaid);
  const { turns, choice, tools } = read.question;
  const last = turns.findLast(({ by }) => by !== 'system');
  if (last === undefined) unsaid.note('a question of no words');
  if (last?.by === 'model') unsaid.note('an answer that is to be gone on with');
  if (typeof choice === 'object' && !tools.some(({ name }) => name === choice.tool)) {
    unsaid.note('the choice of a tool that is not among its tools');
  }
  for (const part of turns.flatMap(({ parts }) => parts)) {
    if (part.kind === 'call' && (isTooDeep(part.given) || !isKept(part.given))) {
      unsaid.note('a call with arguments too deep, or a number too large, to be kept');
    }
  }
  const [first] = unsaid.all;
  return first === undefined ? ok(read) : err(`${first} has no words in other protocols`);
}

/** The body of the same question in words of this protocol, but for the name of the model. */
export function writeQuestion(provider: Spoken, question: NeutralQuestion): Result<Fields, string> {
  const unsaid = new Notes();
  for (const { name } of question.tools) {
    if (!NAME.test(name)) unsaid.note(`a tool by the name ${name.slice(0, 100)}`);
  }
  const written = WORDS[provider].write(withPlainIds(question), unsaid);
  const [first] = unsaid.all;
  return first === undefined ? ok(written) : err(`${first} has no words in ${provider}`);
}

class Notes implements Unsaid {
  readonly all: string[] = [];

  note(what: string): void {
    this.all.push(what.trim().toWellFormed());
  }
}

const NAME = /^[A-Za-z0-9_-]{1,64}$/;
/** Every server takes such an id. */
const ID = /^[A-Za-z0-9_-]{1,40}$/;

/** An id that not every server takes has another in its place: the same each time. */
function withPlainIds(question: NeutralQuestion): NeutralQuestion {
  const idOf = (id: string): string => (ID.test(id) ? id : `call_${shortHash(id)}`);
  const named = (part: Part): Part => {
    return part.kind === 'call' || part.kind === 'result' ? { ...part, id: idOf(part.id) } : part;
  };
  const turns = question.turns.map((turn) => ({ ...turn, parts: turn.parts.map(named) }));
  return { ...question, turns };
}

/** 96 bits of its SHA-256. */
export function shortHash(text: string): string {
  return digestBytes(text).slice('sha256:'.length, 'sha256:'.length + 24);
}
