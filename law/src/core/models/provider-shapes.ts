import type { TokenUsage } from './metering.ts';
import type { ModelCandidate, ProviderShape } from './routing-table.ts';

export type ModelMessage = {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
};
export type ModelQuestion = {
  readonly messages: readonly ModelMessage[];
  readonly max_tokens: number;
};

/** What is sent by POST. */
export type ProviderRequest = {
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
};

export type ProviderAnswer =
  | {
      readonly kind: 'answered';
      readonly text: string;
      /** As the server names what answered. */
      readonly model: string;
      readonly usage: TokenUsage;
    }
  /** By rules of whoever runs the model: another model may have others. */
  | { readonly kind: 'policy'; readonly why: string }
  | { readonly kind: 'failed'; readonly why: string };

type Fields = Readonly<Record<string, unknown>>;
type Shape = {
  readonly path: (model: string) => string;
  /** Where an answer in pieces is asked for; where it has a path of its own. */
  readonly streamPath?: (model: string) => string;
  /** What a body says beside the question where the answer is to come in pieces. */
  readonly stream: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** Where a bare key goes. */
  readonly key: (secret: string) => readonly [name: string, value: string];
  readonly body: (model: string, question: ModelQuestion) => object;
  readonly text: (answer: Fields) => unknown;
  readonly model: (answer: Fields) => unknown;
  readonly usage: (answer: Fields) => readonly [unknown, unknown];
  /** Why it ended; some of these words are refusals. */
  readonly end: (answer: Fields) => unknown;
  /** One of these is in every answer. */
  readonly holds: readonly string[];
};

const REFUSALS =
  /^(refusal|content_filter|SAFETY|PROHIBITED_CONTENT|BLOCKLIST|RECITATION|SPII|IMAGE_SAFETY)$/;
/** Of an error, in whatever field it says so. */
const POLICY = /content_policy|content_filter|policy_violation|responsible_?ai|safety|moderation/i;
const MOST_WHY = 300;

function bearer(secret: string): readonly [string, string] {
  return ['authorization', `Bearer ${secret}`];
}

const openAi: Shape = {
  path: () => '/v1/chat/completions',
  stream: { stream: true, stream_options: { include_usage: true } },
  key: bearer,
  body: (model, { messages, max_tokens }) => ({ model, messages, max_tokens }),
  text: (answer) => {
    const { content, refusal } = fieldsOf(firstOf(answer['choices'])['message']);
    return typeof refusal === 'string' ? undefined : content;
  },
  model: ({ model }) => model,
  usage: ({ usage }) => [fieldsOf(usage)['prompt_tokens'], fieldsOf(usage)['completion_tokens']],
  end: (answer) => {
    const choice = firstOf(answer['choices']);
    const isRefused = typeof fieldsOf(choice['message'])['refusal'] === 'string';
    return isRefused ? 'refusal' : choice['finish_reason'];
  },
  holds: ['choices'],
};

/** The other API of OpenAI, which its newer models want. */
const responses: Shape = {
  path: () => '/v1/responses',
  stream: { stream: true },
  key: bearer,
  body: (model, { messages, max_tokens }) => {
    // Nothing is kept there for later questions.
    return { model, input: messages, max_output_tokens: max_tokens, store: false };
  },
  text: ({ output }) => {
    // Beside it a model that thinks may say what it thought.
    const parts = partsIn(output).filter(({ type }) => type === 'output_text');
    return parts.length > 0 ? textsOf(parts) : undefined;
  },
  model: ({ model }) => model,
  usage: ({ usage }) => [fieldsOf(usage)['input_tokens'], fieldsOf(usage)['output_tokens']],
  end: ({ output, incomplete_details: cut }) => {
    const isRefused = partsIn(output).some(({ type }) => type === 'refusal');
    return isRefused ? 'refusal' : fieldsOf(cut)['reason'];
  },
  holds: ['output'],
};

const anthropic: Shape = {
  path: () => '/v1/messages',
  stream: { stream: true },
  headers: { 'anthropic-version': '2023-06-01' },
  key: (secret) => ['x-api-key', secret],
  body: (model, { messages, max_tokens }) => {
    const { system, others } = partedOf(messages);
    return { model, max_tokens, messages: others, ...(system === '' ? {} : { system }) };
  },
  text: ({ content }) => textsOf(content),
  model: ({ model }) => model,
  usage: ({ usage }) => [anthropicTaken(usage), fieldsOf(usage)['output_tokens']],
  end: ({ stop_reason: reason }) => reason,
  holds: ['content'],
};

const gemini: Shape = {
  path: (model) => `/v1beta/models/${model}:generateContent`,
  streamPath: (model) => `/v1beta/models/${model}:streamGenerateContent?alt=sse`,
  stream: {},
  key: (secret) => ['x-goog-api-key', secret],
  body: (_model, { messages, max_tokens }) => {
    const { system, others } = partedOf(messages);
    return {
      contents: others.map(({ role, content }) => {
        return { role: role === 'user' ? 'user' : 'model', parts: [{ text: content }] };
      }),
      ...(system === '' ? {} : { systemInstruction: { parts: [{ text: system }] } }),
      generationConfig: { maxOutputTokens: max_tokens },
    };
  },
  text: ({ candidates }) => textsOf(fieldsOf(firstOf(candidates)['content'])['parts']),
  model: ({ modelVersion }) => modelVersion,
  usage: ({ usageMetadata: usage }) => {
    return [fieldsOf(usage)['promptTokenCount'], geminiGiven(usage)];
  },
  end: ({ candidates, promptFeedback }) => {
    return fieldsOf(promptFeedback)['blockReason'] === undefined
      ? firstOf(candidates)['finishReason']
      : 'SAFETY';
  },
  holds: ['candidates', 'promptFeedback'],
};

const ollama: Shape = {
  path: () => '/api/chat',
  stream: { stream: true },
  key: bearer,
  body: (model, { messages, max_tokens }) => {
    return { model, messages, stream: false, options: { num_predict: max_tokens } };
  },
  text: ({ message }) => fieldsOf(message)['content'],
  model: ({ model }) => model,
  usage: ({ prompt_eval_count: taken, eval_count: given }) => [taken, given],
  end: ({ done_reason: reason }) => reason,
  holds: ['message'],
};

const SHAPES: Readonly<Record<ProviderShape, Shape>> = {
  openai: openAi,
  'openai-responses': responses,
  anthropic,
  gemini,
  ollama,
};

/** The same bytes for whoever knows candidate and question. */
export function modelRequestOf(
  { provider, url, model }: ModelCandidate,
  question: ModelQuestion,
  isStreamed = false,
): ProviderRequest {
  const { stream, body } = SHAPES[provider];
  const asked = body(model, question);
  return {
    url: modelUrlOf({ provider, url, model }, isStreamed),
    headers: providerHeadersOf({ provider }),
    body: JSON.stringify(isStreamed ? { ...asked, ...stream } : asked),
  };
}

/** Where a question to this candidate is sent. */
export function modelUrlOf({ provider, url, model }: ModelCandidate, isStreamed: boolean): string {
  const { path, streamPath = path } = SHAPES[provider];
  return `${url.replace(/\/+$/, '')}${(isStreamed ? streamPath : path)(model)}`;
}

/** What every question to this provider says beside its body. */
export function providerHeadersOf({
  provider,
}: Pick<ModelCandidate, 'provider'>): readonly (readonly [string, string])[] {
  return Object.entries({ 'content-type': 'application/json', ...SHAPES[provider].headers });
}

/** The header in which a provider looks for a key. */
export function modelKeyHeader(
  { provider }: ModelCandidate,
  secret: string,
): readonly [name: string, value: string] {
  return SHAPES[provider].key(secret);
}

/** What an answer says, read without trust. */
export function modelAnswerOf(
  { provider, model }: ModelCandidate,
  status: number,
  body: unknown,
): ProviderAnswer {
  const read = passedAnswerOf({ provider, model }, status, body);
  if (read.kind !== 'answered') return read;
  const text = SHAPES[provider].text(fieldsOf(body));
  if (typeof text !== 'string') return { kind: 'failed', why: 'an answer without a text' };
  return { ...read, text: text.toWellFormed() };
}

/** The same of an answer whose words are for somebody else: calls of tools, or anything. */
export function passedAnswerOf(
  { provider, model }: Pick<ModelCandidate, 'provider' | 'model'>,
  status: number,
  body: unknown,
): ProviderAnswer {
  const answer = fieldsOf(body);
  if (status < 200 || status > 299) return faultIn(status, answer);
  const shape = SHAPES[provider];
  const end = shape.end(answer);
  if (isRefusal(end)) return { kind: 'policy', why: String(end) };
  const [taken, given] = shape.usage(answer);
  const served = shape.model(answer);
  return {
    kind: 'answered',
    text: '',
    model: typeof served === 'string' && served !== '' ? cut(served) : model,
    usage: { input_tokens: countOf(taken), output_tokens: countOf(given) },
  };
}

/** Whether an answer that ends with this word is none, by rules of whoever runs the model. */
export function isRefusal(end: unknown): boolean {
  return typeof end === 'string' && REFUSALS.test(end);
}

/** Whether it is what such a provider answers at all. */
export function isAnswerOf({ provider }: Pick<ModelCandidate, 'provider'>, body: unknown): boolean {
  const answer = fieldsOf(body);
  return SHAPES[provider].holds.some((each) => answer[each] && typeof answer[each] === 'object');
}

function faultIn(status: number, answer: Fields): ProviderAnswer {
  const { error } = answer;
  const { code, type, message } = fieldsOf(error);
  const said = [code, type, message, error].filter((each) => typeof each === 'string');
  const why = cut(`${status} ${said.join(' ')}`.trim());
  const isPolicy = (status === 400 || status === 403) && said.some((each) => POLICY.test(each));
  return { kind: isPolicy ? 'policy' : 'failed', why };
}

/** What came from its cache, or went there, it says beside what was read anew: all was read. */
export function anthropicTaken(usage: unknown): unknown {
  const { input_tokens, cache_read_input_tokens, cache_creation_input_tokens } = fieldsOf(usage);
  return sumOf(input_tokens, cache_read_input_tokens, cache_creation_input_tokens);
}

/** It counts what was thought beside what was said. */
export function geminiGiven(usage: unknown): unknown {
  const { candidatesTokenCount, thoughtsTokenCount } = fieldsOf(usage);
  return sumOf(candidatesTokenCount, thoughtsTokenCount);
}

/** Undefined where none of them is said. */
function sumOf(...counts: readonly unknown[]): number | undefined {
  const said = counts.filter((each) => each !== undefined && each !== null);
  return said.length === 0 ? undefined : said.reduce<number>((sum, each) => sum + countOf(each), 0);
}

function partedOf(messages: readonly ModelMessage[]) {
  const own = messages.filter(({ role }) => role === 'system').map(({ content }) => content);
  return { system: own.join('\n\n'), others: messages.filter(({ role }) => role !== 'system') };
}

/** Of all messages of an answer. */
function partsIn(output: unknown): readonly Fields[] {
  if (!Array.isArray(output)) return [];
  return output.flatMap((each) => {
    const { content } = fieldsOf(each);
    return Array.isArray(content) ? content.map(fieldsOf) : [];
  });
}

function textsOf(parts: unknown): string | undefined {
  if (!Array.isArray(parts)) return undefined;
  const texts = parts.map((each) => fieldsOf(each)['text']);
  return texts.filter((each) => typeof each === 'string').join('');
}

export function firstOf(list: unknown): Fields {
  return fieldsOf(Array.isArray(list) ? list[0] : undefined);
}

export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function countOf(value: unknown): number {
  return Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : 0;
}

function cut(text: string): string {
  return text.slice(0, MOST_WHY).toWellFormed();
}
