import type { TokenUsage } from './metering.ts';
import {
  anthropicTaken,
  fieldsOf,
  firstOf,
  geminiGiven,
  modelAnswerOf,
  type ProviderAnswer,
} from './provider-shapes.ts';
import type { ModelCandidate, ProviderShape } from './routing-table.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What one event of an answer in pieces says. */
type Piece = {
  readonly text?: unknown;
  /** All of it, said once more: it counts where nothing of it was said before. */
  readonly whole?: string;
  readonly model?: unknown;
  readonly taken?: unknown;
  readonly given?: unknown;
  /** Why it ended; some of these words are refusals. */
  readonly end?: unknown;
  /** The answer is whole. */
  readonly isOver?: boolean;
  /** The server gave up, and why. */
  readonly fault?: unknown;
};

/** What has come of an answer so far. */
export type StreamedAnswer = {
  readonly text: string;
  /** What the last line added to it. */
  readonly piece: string;
  readonly model: string | undefined;
  readonly usage: TokenUsage;
  readonly end: string | undefined;
  readonly isOver: boolean;
  readonly fault: string | undefined;
  /** Whether anything of the answer itself came: words, calls of tools, its end. */
  readonly hasBegun: boolean;
};

export const NOTHING_STREAMED: StreamedAnswer = {
  ...{ text: '', piece: '', model: undefined, end: undefined, isOver: false, fault: undefined },
  hasBegun: false,
  usage: { input_tokens: 0, output_tokens: 0 },
};

const REFUSED = 'refusal';
const NONSENSE = 'an event that is not understood';
const MOST_WORDS = 300;

const READERS: Readonly<Record<ProviderShape, (event: Fields) => Piece>> = {
  openai: (event) => {
    const { choices, model, usage, error } = event;
    const choice = firstOf(choices);
    const { content, refusal } = fieldsOf(choice['delta']);
    const isRefused = typeof refusal === 'string' && refusal !== '';
    const { prompt_tokens: taken, completion_tokens: given } = fieldsOf(usage);
    const end = isRefused ? REFUSED : choice['finish_reason'];
    return { text: content, model, taken, given, end, fault: error };
  },
  'openai-responses': ({ type, delta, response, error, message }) => {
    const { model, usage, incomplete_details: cut, error: failed } = fieldsOf(response);
    const { input_tokens: taken, output_tokens: given } = fieldsOf(usage);
    const about = { model, taken, given };
    const { whole, isRefused } = saidIn(response);
    if (type === 'response.output_text.delta') return { text: delta };
    if (type === 'response.refusal.delta') return { end: REFUSED };
    const refused = isRefused ? { end: REFUSED } : {};
    if (type === 'response.completed') return { ...about, whole, ...refused, isOver: true };
    const { reason } = fieldsOf(cut);
    if (type === 'response.incomplete') return { ...about, whole, end: reason, isOver: true };
    if (type === 'response.failed') return { ...about, fault: failed ?? type };
    return type === 'error' ? { fault: error ?? message ?? type } : about;
  },
  anthropic: ({ type, message, delta, usage, error }) => {
    const { model, usage: first } = fieldsOf(message);
    if (type === 'message_start') return { model, taken: anthropicTaken(first) };
    const { text, stop_reason: end } = fieldsOf(delta);
    if (type === 'content_block_delta') return { text };
    if (type === 'message_delta') return { end, given: fieldsOf(usage)['output_tokens'] };
    if (type === 'error') return { fault: error ?? type };
    return type === 'message_stop' ? { isOver: true } : {};
  },
  gemini: ({ candidates, promptFeedback, usageMetadata, modelVersion, error }) => {
    const { content, finishReason } = firstOf(candidates);
    const { parts } = fieldsOf(content);
    const texts = Array.isArray(parts) ? parts.map((each) => fieldsOf(each)['text']) : [];
    const isBlocked = fieldsOf(promptFeedback)['blockReason'] !== undefined;
    const { promptTokenCount: taken } = fieldsOf(usageMetadata);
    const given = geminiGiven(usageMetadata);
    const end = isBlocked ? 'SAFETY' : finishReason;
    const text = texts.filter((each) => typeof each === 'string').join('');
    const about = { text, model: modelVersion, taken, given, end, fault: error };
    return { ...about, isOver: end !== undefined };
  },
  ollama: ({ message, model, done, done_reason: end, error, ...counts }) => {
    const { prompt_eval_count: taken, eval_count: given } = counts;
    const { content: text } = fieldsOf(message);
    return { text, model, taken, given, end, fault: error, isOver: done === true };
  },
};

/** What the last event of responses says again, and some servers say there alone. */
function saidIn(response: unknown): { readonly whole: string; readonly isRefused: boolean } {
  const { output } = fieldsOf(response);
  const parts = (Array.isArray(output) ? output : []).flatMap((item) => {
    const { content } = fieldsOf(item);
    return Array.isArray(content) ? content.map(fieldsOf) : [];
  });
  const texts = parts.filter(
    ({ type, text }) => type === 'output_text' && typeof text === 'string',
  );
  return {
    whole: texts.map(({ text }) => text).join(''),
    isRefused: parts.some(({ type }) => type === 'refusal'),
  };
}

const HEADS: { readonly [provider in ProviderShape]?: readonly unknown[] } = {
  'openai-responses': ['response.created', 'response.in_progress', 'response.queued'],
  anthropic: ['message_start', 'ping'],
};

/** Whether it says that an answer begins, and nothing of it. */
function isHead(provider: ProviderShape, { type, choices, usage, error }: Fields): boolean {
  if (provider !== 'openai') return HEADS[provider]?.includes(type) ?? false;
  const { delta, finish_reason: end } = firstOf(choices);
  const said = Object.entries(fieldsOf(delta)).some(([name, value]) => name !== 'role' && value);
  return !said && !end && !usage && !error;
}

/** One line of what a server sends; what is no event changes nothing. */
export function takeLine(
  so: StreamedAnswer,
  line: string,
  { provider }: Pick<ModelCandidate, 'provider'>,
): StreamedAnswer {
  const data = provider === 'ollama' ? line : /^data: ?(.*)$/s.exec(line)?.[1];
  if (data === undefined || data.trim() === '') return { ...so, piece: '' };
  if (data.trim() === '[DONE]') return { ...so, piece: '', isOver: true, hasBegun: true };
  const event = eventIn(data);
  if (event === undefined) return { ...so, piece: '', fault: so.fault ?? NONSENSE };
  const read = READERS[provider](event);
  const { text, whole = '', model, taken, given, end, fault, isOver = false } = read;
  const late = so.text === '' ? whole : '';
  const piece = typeof text === 'string' ? text : late;
  return {
    ...{ text: so.text + piece, piece },
    model: typeof model === 'string' ? model : so.model,
    usage: {
      input_tokens: countOf(taken) ?? so.usage.input_tokens,
      output_tokens: countOf(given) ?? so.usage.output_tokens,
    },
    end: typeof end === 'string' ? end : so.end,
    isOver: so.isOver || isOver,
    fault: so.fault ?? (fault ? wordOf(fault) : undefined),
    hasBegun: so.hasBegun || !isHead(provider, event),
  };
}

/** Of all that came, once nothing more does. */
export function streamedAnswerOf(
  candidate: ModelCandidate,
  so: StreamedAnswer,
): ProviderAnswer | { readonly kind: 'broken'; readonly why: string } {
  const { text, end, fault, isOver, usage, model } = so;
  // The words of a refusal are the same, however it comes.
  const refused = modelAnswerOf({ ...candidate, provider: 'openai' }, 200, {
    choices: [{ finish_reason: end, message: { content: text } }],
  });
  if (refused.kind === 'policy') return refused;
  if (fault !== undefined || !(isOver || end !== undefined)) {
    return { kind: 'broken', why: fault ?? 'it ended before the answer did' };
  }
  const served = model?.slice(0, MOST_WORDS).toWellFormed() || candidate.model;
  return { kind: 'answered', text: text.toWellFormed(), model: served, usage };
}

function eventIn(data: string): Fields | undefined {
  try {
    return fieldsOf(JSON.parse(data));
  } catch {
    return undefined;
  }
}

function wordOf(fault: unknown): string {
  const { message, type, code } = fieldsOf(fault);
  const said = [fault, message, type, code].find((each) => typeof each === 'string');
  return String(said ?? 'it failed')
    .slice(0, MOST_WORDS)
    .toWellFormed();
}

function countOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : undefined;
}
