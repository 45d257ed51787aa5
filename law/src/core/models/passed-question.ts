import { decodeUtf8, err, ok, type Result } from '@ioi/basis';
import { modelUrlOf, type ProviderRequest, providerHeadersOf } from './provider-shapes.ts';
import type { ModelCandidate, ProviderShape } from './routing-table.ts';

/** Where a program in a sandbox finds its models: an address of that sandbox alone. */
export const MODELS_PLACE = { scheme: 'http', host: '127.0.0.1', port: 47_170 } as const;

/** A question as a program put it, in the words of one of its providers. */
export type PassedQuestion = {
  /** The protocol it was put in; whoever serves it speaks the same. */
  readonly provider: ProviderShape;
  /** As the program names it; what serves it has a name of its own. */
  readonly model: string;
  readonly isStreamed: boolean;
  /** How long an answer may be, where the program says so. */
  readonly max_tokens: number | undefined;
  /** Each of which may be as long. */
  readonly answers: number;
  /** `name: value`, of the few that are part of the protocol. */
  readonly headers: readonly string[];
  /** JSON, as it came. */
  readonly body: string;
};

/** Why something is no question to a model. */
export type NotPassed = {
  readonly code: 'model.no_operation' | 'model.malformed';
  readonly message: string;
};

type Fields = Readonly<Record<string, unknown>>;
type Header = readonly [name: string, value: string];
type Asked = {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly Header[];
  readonly body: Uint8Array | undefined;
};

/** By the path; of Gemini the path also says which model and how. */
const PATHS: readonly (readonly [RegExp, ProviderShape])[] = [
  [/^(?:\/v1)?\/chat\/completions$/, 'openai'],
  [/^(?:\/v1)?\/responses$/, 'openai-responses'],
  [/^(?:\/v1)?\/messages$/, 'anthropic'],
  [/^\/v1(?:alpha|beta)?\/models\/([^/:]+):(generateContent|streamGenerateContent)$/, 'gemini'],
];
/** All others are of the program, or say who asks: whoever serves learns neither. */
const PROTOCOL_HEADERS = ['anthropic-version', 'anthropic-beta', 'openai-beta'];
const MOST_HEADER = 2048;
const MODEL = /^[\x21-\x7e]{1,256}$/;
const MOST_TOKENS = 10_000_000;
const SPOKEN = 'chat/completions, responses, messages, generateContent and streamGenerateContent';

/** Reads what a program asks of its provider; all else that it may ask there is refused. */
export function readPassed({
  method,
  url,
  headers,
  body,
}: Asked): Result<PassedQuestion, NotPassed> {
  const [path = '', query = ''] = url.replace(/^[a-z]+:\/\/[^/]+/, '').split('?');
  const found = PATHS.find(([each]) => each.test(path));
  if (found === undefined || method !== 'POST') {
    return refuse('model.no_operation', `${method} ${path} is none of ${SPOKEN}`);
  }
  const [form, provider] = found;
  const text = body && decodeUtf8(body);
  const asked = text === undefined ? undefined : fieldsIn(text);
  if (text === undefined || asked === undefined) {
    return refuse('model.malformed', 'its body is no object of JSON');
  }
  const [, named, operation] = form.exec(path) ?? [];
  const isGemini = provider === 'gemini';
  const isStreamed = isGemini ? operation === 'streamGenerateContent' : asked['stream'] === true;
  if (isGemini && isStreamed && !query.split('&').includes('alt=sse')) {
    return refuse('model.no_operation', 'an answer in pieces comes with alt=sse alone');
  }
  const model = isGemini ? named : asked['model'];
  if (typeof model !== 'string' || !MODEL.test(model)) {
    return refuse('model.malformed', 'it names no model');
  }
  const limits = saidIn(provider, asked, LIMITS);
  const counts = saidIn(provider, asked, COUNTS);
  if (!limits.every(isTokens) || !counts.every(isTokens)) {
    return refuse('model.malformed', 'how long an answer may be is a whole number of tokens');
  }
  // Which of two its server goes by is not known.
  const most = limits.length === 0 ? undefined : Math.max(...limits);
  const answers = Math.max(1, ...counts);
  // One that is said more than once is a list (RFC 9110 5.3).
  const passed = PROTOCOL_HEADERS.flatMap((each): Header[] => {
    const values = headers.flatMap(([name, value]) => (name === each ? [value] : []));
    return values.length === 0 ? [] : [[each, values.join(', ')]];
  });
  const long = passed.find(([, value]) => value.length > MOST_HEADER);
  if (long !== undefined) return refuse('model.malformed', `${long[0]} is too long`);
  const told = passed.map(([name, value]) => `${name}: ${value}`);
  const about = { provider, model, isStreamed, max_tokens: most, answers };
  return ok({ ...about, headers: told, body: text });
}

/**
 * The same bytes for whoever knows candidate and question: the model is the candidate's, and an
 * answer is at most `most` long where the program says nothing of that.
 */
export function passedRequestOf(
  candidate: ModelCandidate,
  { isStreamed, headers, body }: Pick<PassedQuestion, 'isStreamed' | 'headers' | 'body'>,
  most?: number,
): ProviderRequest | undefined {
  const asked = fieldsIn(body);
  if (asked === undefined) return undefined;
  const { provider, model } = candidate;
  const isBounded = most === undefined || saidIn(provider, asked, LIMITS).length > 0;
  const bounded = isBounded ? asked : limited(provider, asked, most);
  const own = new Map<string, string>(providerHeadersOf(candidate));
  for (const each of headers) {
    const [, name, value] = /^([a-z-]+): (.*)$/.exec(each) ?? [];
    if (name === undefined || value === undefined || !PROTOCOL_HEADERS.includes(name)) {
      return undefined;
    }
    own.set(name, value);
  }
  return {
    url: modelUrlOf(candidate, isStreamed),
    headers: [...own],
    body: JSON.stringify(provider === 'gemini' ? bounded : { ...bounded, model }),
  };
}

type Names = Readonly<Record<ProviderShape, readonly string[]>>;

const LIMITS: Names = {
  openai: ['max_completion_tokens', 'max_tokens'],
  'openai-responses': ['max_output_tokens'],
  anthropic: ['max_tokens'],
  gemini: ['maxOutputTokens', 'max_output_tokens'],
  ollama: [],
};
/** Of answers to one question. */
const COUNTS: Names = {
  openai: ['n'],
  'openai-responses': [],
  anthropic: [],
  gemini: ['candidateCount', 'candidate_count'],
  ollama: [],
};

/** All of these that are said. */
function saidIn(provider: ProviderShape, asked: Fields, names: Names): readonly unknown[] {
  const places = provider === 'gemini' ? CONFIGS.map((each) => configIn(asked, each)) : [asked];
  return places.flatMap((place) => names[provider].flatMap((name) => place[name] ?? []));
}

/** Gemini reads either spelling. */
const CONFIGS = ['generationConfig', 'generation_config'] as const;

function limited(provider: ProviderShape, asked: Fields, most: number): Fields {
  const [name = ''] = LIMITS[provider];
  if (provider !== 'gemini') return { ...asked, [name]: most };
  const config = CONFIGS.find((each) => isFields(asked[each])) ?? CONFIGS[0];
  return { ...asked, [config]: { ...configIn(asked, config), [name]: most } };
}

function configIn(asked: Fields, name: string): Fields {
  const given = asked[name];
  return isFields(given) ? given : {};
}

function isTokens(given: unknown): given is number {
  return Number.isSafeInteger(given) && Number(given) >= 1 && Number(given) <= MOST_TOKENS;
}

function fieldsIn(text: string): Fields | undefined {
  try {
    const read: unknown = JSON.parse(text);
    return isFields(read) ? read : undefined;
  } catch {
    return undefined;
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuse(code: NotPassed['code'], message: string): Result<never, NotPassed> {
  return err({ code, message: message.slice(0, 500) });
}
