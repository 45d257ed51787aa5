import type { Fields } from './fields.ts';

/**
 * What a program asks and a model answers, in the words of no provider. Whatever of a question has
 * no place here is refused by name, but for hints that say nothing of the answer.
 */

export type TextPart = { readonly kind: 'text'; readonly text: string };
/** By base64, or by an address that whoever serves reads it from. */
export type ImagePart =
  | { readonly kind: 'image'; readonly media: string; readonly data: string }
  | { readonly kind: 'linked'; readonly url: string };
export type CallPart = {
  readonly kind: 'call';
  readonly id: string;
  readonly name: string;
  readonly given: Fields;
};
export type ResultPart = {
  readonly kind: 'result';
  /** Of the call that it answers. */
  readonly id: string;
  readonly isError: boolean;
  readonly parts: readonly (TextPart | ImagePart)[];
};
export type Part = TextPart | ImagePart | CallPart | ResultPart;

/** Neighbours are of different speakers. */
export type Turn = {
  readonly by: 'system' | 'user' | 'model';
  readonly parts: readonly Part[];
};

export type Tool = {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of its arguments. */
  readonly schema: Fields;
  /** Arguments are to follow it to the letter. */
  readonly isStrict: boolean;
};

/** Which tool is to be called: any one, none, or this one. */
export type ToolChoice = 'auto' | 'any' | 'none' | { readonly tool: string };

/** What the text of an answer has to be. */
export type TextForm =
  | { readonly kind: 'json' }
  | { readonly kind: 'schema'; readonly schema: Fields; readonly isStrict: boolean };

export const NUMBERS = [
  'temperature',
  'top_p',
  'top_k',
  'seed',
  'frequency_penalty',
  'presence_penalty',
] as const;
export type NumberName = (typeof NUMBERS)[number];
export type Numbers = { readonly [name in NumberName]?: number };

export type NeutralQuestion = {
  readonly turns: readonly Turn[];
  readonly tools: readonly Tool[];
  readonly choice: ToolChoice | undefined;
  /** False: one call at a time. */
  readonly isParallel: boolean | undefined;
  readonly most: number | undefined;
  readonly numbers: Numbers;
  /** Texts that end an answer. */
  readonly stops: readonly string[];
  readonly form: TextForm | undefined;
  /** How hard to think, and how much to say: where both sides have the same words. */
  readonly effort: string | undefined;
  readonly verbosity: string | undefined;
};

/** What of a question its answer has to know. */
export type Manner = {
  /** Whether tokens are told in a stream that tells them where it is asked to. */
  readonly tellsUsage: boolean;
  /** By the names that its tools have elsewhere: those that a program knows them by. */
  readonly tools: ReadonlyMap<string, OwnTool>;
};
export type OwnTool = {
  readonly name: string;
  readonly namespace?: string;
  /** It takes a text: elsewhere an object with that text. */
  readonly isFree?: true;
};

export type Usage = {
  /** All that was read. */
  readonly taken: number;
  /** Of that, from a cache. */
  readonly cached: number;
  /** All that was said, and thought. */
  readonly given: number;
  /** Of that, thought. */
  readonly thought: number;
};

export type End =
  | { readonly kind: 'stop' | 'length' | 'calls' | 'refused' }
  /** At one of the texts that end an answer. */
  | { readonly kind: 'stopped'; readonly at: string };

/** An answer, as it comes. */
export type Saying =
  | { readonly kind: 'begun'; readonly id: string; readonly model: string }
  | TextPart
  | { readonly kind: 'call'; readonly id: string; readonly name: string }
  /** A piece of the arguments of the last call. */
  | { readonly kind: 'given'; readonly text: string }
  | { readonly kind: 'ended'; readonly end: End; readonly usage: Usage };

/** All of an answer. */
export type NeutralAnswer = {
  readonly id: string;
  readonly model: string;
  readonly parts: readonly (TextPart | CallPart)[];
  readonly end: End;
  readonly usage: Usage;
};

export const NO_USAGE: Usage = { taken: 0, cached: 0, given: 0, thought: 0 };
