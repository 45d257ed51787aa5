import { err, ok, type Result } from '@ioi/basis';
import { chatAnswer } from './chat-answer.ts';
import { type Fields, fieldsIn, isTooDeep, objectIn } from './fields.ts';
import { answerIn, type Gathered, gather, NOTHING_GATHERED } from './gathered.ts';
import { geminiAnswer } from './gemini-answer.ts';
import { messagesAnswer } from './messages-answer.ts';
import type { Manner, NeutralAnswer, Saying } from './neutral.ts';
import type { Spoken } from './questions.ts';
import { type AnswerWords, NOTHING_READ, type Reading, wordIn } from './reading.ts';
import { responsesAnswer } from './responses-answer.ts';

const WORDS: Readonly<Record<Spoken, AnswerWords>> = {
  openai: chatAnswer,
  'openai-responses': responsesAnswer,
  anthropic: messagesAnswer,
  gemini: geminiAnswer,
};

/** Who answers, in whose words it is told, and how. */
export type Translation = {
  readonly from: Spoken;
  readonly to: Spoken;
  readonly manner: Manner;
  /** One call, where no more were asked for. */
  readonly isSingle: boolean;
  /** For what a server left without a name: of this question alone. */
  readonly salt: string;
  /** Whether the answer was asked for in pieces. */
  readonly isStreamed: boolean;
};

/** Where an answer in pieces stands. */
export type Translating = {
  readonly reading: Reading;
  readonly gathered: Gathered;
  /** Events that were told. */
  readonly told: number;
};

export const NOTHING_TRANSLATED: Translating = {
  ...{ reading: NOTHING_READ, gathered: NOTHING_GATHERED, told: 0 },
};

const NONSENSE = 'an event that is not understood';

/** What is told now. After a fault, which is told once and in full, nothing more is. */
export type Translated = { readonly so: Translating; readonly text: string };

/** One line of an event stream (HTML standard, 9.2): each event is one line of JSON. */
export function translateLine(so: Translating, line: string, how: Translation): Translated {
  const data = /^data: ?(.*)$/s.exec(line)?.[1]?.trim();
  if (data === undefined || data === '' || so.gathered.fault !== undefined) return { so, text: '' };
  if (data === '[DONE]') return translateEnd(so, how);
  const event = objectIn(data);
  if (event === undefined || isTooDeep(event)) return stop(so, NONSENSE, how);
  const { reading, said, fault } = WORDS[how.from].read(so.reading, event);
  const next = tell({ ...so, reading }, said, how);
  if (fault === undefined || next.so.gathered.fault !== undefined) return next;
  const stopped = stop(next.so, fault, how);
  return { so: stopped.so, text: next.text + stopped.text };
}

/** Nothing more comes: of some protocols that is how an answer ends. */
export function translateEnd(so: Translating, how: Translation): Translated {
  const { ended, fault } = so.gathered;
  if (ended !== undefined || fault !== undefined) return { so, text: '' };
  const { end, usage } = so.reading;
  const isWhole = end !== undefined && (how.from === 'openai' || how.from === 'gemini');
  if (!isWhole) return stop(so, 'it ended before the answer did', how);
  return tell(so, [{ kind: 'ended', end, usage }], how);
}

function tell(so: Translating, said: readonly Saying[], how: Translation): Translated {
  let next = so;
  let text = '';
  for (const each of said) {
    const { gathered, told } = gather(next.gathered, each, how);
    if (gathered.fault !== undefined) {
      const stopped = stop({ ...next, gathered }, gathered.fault, how);
      return { so: stopped.so, text: text + stopped.text };
    }
    const events = told === undefined ? [] : WORDS[how.to].write(told, next.gathered, how.manner);
    text += eventText(events, next.told, how.to);
    next = { ...next, gathered, told: next.told + events.length };
    if (told?.kind === 'ended' && how.to === 'openai') text += 'data: [DONE]\n\n';
  }
  return { so: next, text };
}

function stop(so: Translating, fault: string, { to }: Translation): Translated {
  const text = eventText([WORDS[to].broken(fault)], so.told, to);
  return { so: { ...so, gathered: { ...so.gathered, fault } }, text };
}

/** Responses number their events, and two of the protocols name them. */
function eventText(events: readonly Fields[], first: number, to: Spoken): string {
  return events
    .map((event, at) => {
      const isNamed = to === 'anthropic' || to === 'openai-responses';
      const name = isNamed ? `event: ${event['type']}\n` : '';
      const numbered =
        to === 'openai-responses' ? { ...event, sequence_number: first + at } : event;
      return `${name}data: ${JSON.stringify(numbered)}\n\n`;
    })
    .join('');
}

/** An answer in one piece; an error says why it is none. */
export function readAnswer(body: unknown, how: Translation): Result<NeutralAnswer, string> {
  if (isTooDeep(body)) return err(NONSENSE);
  let so = NOTHING_TRANSLATED;
  for (const event of WORDS[how.from].eventsOf(fieldsIn(body))) {
    const { reading, said, fault } = WORDS[how.from].read(so.reading, event);
    if (fault !== undefined) return err(fault);
    so = tell({ ...so, reading }, said, how).so;
  }
  so = translateEnd(so, how).so;
  const answer = answerIn(so.gathered);
  if (so.gathered.fault !== undefined) return err(so.gathered.fault);
  return answer === undefined ? err('it ended before the answer did') : ok(answer);
}

export function writeAnswer(answer: NeutralAnswer, { to, manner }: Translation): Fields {
  return WORDS[to].whole(answer, manner);
}

/** What a server says against a question, in the words and with the status of another protocol. */
export type Fault = { readonly status: number; readonly body: Fields };

/** Of an overloaded server Anthropic has a status of its own. */
const OVERLOADED = { anthropic: 529, others: 503 };

export function translateFault(status: number, body: unknown, { to }: Translation): Fault {
  const isOver = status === OVERLOADED.anthropic || status === OVERLOADED.others;
  const overloaded = to === 'anthropic' ? OVERLOADED.anthropic : OVERLOADED.others;
  const own = isOver ? overloaded : status;
  const { error, message } = fieldsIn(body);
  return { status: own, body: WORDS[to].fault(own, wordIn(error ?? message)) };
}
