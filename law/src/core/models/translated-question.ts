import { encodeUtf8, err, ok, type Result } from '@ioi/basis';
import { type Digest, digestBytes } from '@ioi/canon';
import { type PassedQuestion, passedRequestOf } from './passed-question.ts';
import { modelUrlOf, type ProviderRequest, providerHeadersOf } from './provider-shapes.ts';
import type { ModelCandidate, ProviderShape } from './routing-table.ts';
import { objectIn } from './words/fields.ts';
import {
  readQuestion,
  type Spoken,
  shortHash,
  type Translation,
  writeQuestion,
} from './words/index.ts';

/** Of an answer that needs an end, where the program sets it none. */
export const LONGEST_ANSWER = 32_768;

/** What a program said, and in which protocol. */
export type SaidQuestion = Pick<PassedQuestion, 'provider' | 'isStreamed' | 'headers' | 'body'>;

/** A candidate, and what exactly it would be sent. */
type Sent = {
  readonly candidate: ModelCandidate;
  readonly digest: Digest;
  readonly bytes: number;
};

/**
 * What a candidate is sent: what the program said but for the name of the model where it speaks
 * the same, the same question in its own words where it does not. The error says what of it has
 * no words there. The same bytes for whoever knows candidate and question.
 */
export function saidRequestOf(
  candidate: ModelCandidate,
  question: SaidQuestion,
  most?: number,
): Result<ProviderRequest, string> {
  const { provider, model } = candidate;
  if (provider === question.provider) {
    const request = passedRequestOf(candidate, question, most);
    return request === undefined ? err('it is no question to it') : ok(request);
  }
  if (!isSpoken(provider)) return err(`${provider} is not translated to`);
  const read = readSaid(question);
  if (!read.ok) return read;
  const asked = read.value.question;
  const end = asked.most ?? most ?? (provider === 'anthropic' ? LONGEST_ANSWER : undefined);
  const written = writeQuestion(provider, { ...asked, most: end });
  if (!written.ok) return written;
  const { isStreamed } = question;
  const named = provider === 'gemini' ? {} : { model };
  const body = { ...named, ...written.value, ...(isStreamed ? STREAMED[provider] : {}) };
  return ok({
    url: modelUrlOf(candidate, isStreamed),
    headers: providerHeadersOf(candidate),
    body: JSON.stringify(body),
  });
}

const SPOKEN: readonly ProviderShape[] = ['openai', 'openai-responses', 'anthropic', 'gemini'];
const STREAMED: Readonly<Record<Spoken, object>> = {
  openai: { stream: true, stream_options: { include_usage: true } },
  'openai-responses': { stream: true },
  anthropic: { stream: true },
  gemini: {},
};

/** How the answer of a candidate is told; undefined where it is told as it comes. */
export function translationOf(
  { provider }: ModelCandidate,
  question: SaidQuestion,
): Translation | undefined {
  const { provider: to, isStreamed, body } = question;
  if (provider === to || !isSpoken(provider) || !isSpoken(to)) return undefined;
  const read = readSaid(question);
  if (!read.ok) return undefined;
  const { manner, question: asked } = read.value;
  const isSingle = asked.isParallel === false;
  return { from: provider, to, manner, isSingle, salt: shortHash(body), isStreamed };
}

/**
 * Whom a question goes to, in order: those that speak as it was put, then those that it can be
 * put to in their words. The error is why the first of the others is not among them.
 */
export function sentTo(
  question: SaidQuestion,
  all: readonly ModelCandidate[],
  most?: number,
): Result<readonly Sent[], string | undefined> {
  const isSame = ({ provider }: ModelCandidate): boolean => provider === question.provider;
  const ordered = [...all.filter(isSame), ...all.filter((each) => !isSame(each))];
  const tried = ordered
    .filter(({ provider }) => isSpoken(provider))
    .map((candidate) => ({ candidate, request: saidRequestOf(candidate, question, most) }));
  const sent = tried.flatMap(({ candidate, request }): Sent[] => {
    if (!request.ok) return [];
    const body = encodeUtf8(request.value.body);
    return [{ candidate, digest: digestBytes(body), bytes: body.length }];
  });
  if (sent.length > 0) return ok(sent);
  const [why] = tried.flatMap(({ request }) => (request.ok ? [] : [request.error]));
  return err(why);
}

/** What was sealed of a question, beside what it says. */
export type SealedDigests = { readonly [name in 'said' | 'sent']?: unknown };

/**
 * Whether a request is what was sealed for the candidate at a place. Where rules or a person
 * changed what was said after the digests were made, that is sealed, and all that is sent of it.
 */
export function isAsSealed(
  { body: made }: ProviderRequest,
  at: number,
  { body, said, sent }: SealedDigests & { readonly body: string },
): boolean {
  if (typeof said === 'string' && said !== digestBytes(body)) return true;
  return Array.isArray(sent) && sent[at] === digestBytes(made);
}

function isSpoken(provider: ProviderShape): provider is Spoken {
  return SPOKEN.includes(provider);
}

function readSaid({ provider, body }: SaidQuestion): ReturnType<typeof readQuestion> {
  const asked = objectIn(body);
  if (asked === undefined || !isSpoken(provider)) return err('it is no object of JSON');
  return readQuestion(provider, asked);
}
