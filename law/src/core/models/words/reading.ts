import type { Fields } from './fields.ts';
import type { Gathered } from './gathered.ts';
import {
  type End,
  type Manner,
  type NeutralAnswer,
  NO_USAGE,
  type Saying,
  type Usage,
} from './neutral.ts';

/** Where a reader of one protocol stands. */
export type Reading = {
  /** The place of what is open, as its server counts. */
  readonly open: number | undefined;
  /** Whether arguments of the open call came in pieces. */
  readonly hasGiven: boolean;
  /** Whether anything of the answer was said: some servers say it in their last event alone. */
  readonly hasSaid: boolean;
  readonly end: End | undefined;
  readonly usage: Usage;
};

export const NOTHING_READ: Reading = {
  ...{ open: undefined, hasGiven: false, hasSaid: false, end: undefined, usage: NO_USAGE },
};

/** What one event says, and where that leaves whoever reads. */
export type Read = {
  readonly reading: Reading;
  readonly said: readonly Saying[];
  /** Why it is none that an answer may have. */
  readonly fault?: string;
};

/** How answers are read and written in the words of one protocol. */
export type AnswerWords = {
  readonly read: (reading: Reading, event: Fields) => Read;
  /** An answer in one piece, as the events that it would have come in. */
  readonly eventsOf: (body: Fields) => readonly Fields[];
  /** Events of a stream; `before` is what was told already. */
  readonly write: (saying: Saying, before: Gathered, manner: Manner) => readonly Fields[];
  readonly whole: (answer: NeutralAnswer, manner: Manner) => Fields;
  readonly fault: (status: number, message: string) => Fields;
  /** Of a stream that can no longer be one answer. */
  readonly broken: (message: string) => Fields;
};

export function wrong(reading: Reading, fault: string): Read {
  return { reading, said: [], fault };
}

/** What a server says went wrong with it. */
export function wordIn(error: unknown): string {
  const { message, type, code } = Object(error) as Fields;
  const said = [error, message, type, code].find((each) => typeof each === 'string');
  return String(said ?? 'its server gave up')
    .slice(0, MOST_WORDS)
    .toWellFormed();
}

const MOST_WORDS = 300;
