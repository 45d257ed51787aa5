import { countIn, type Fields, fieldsIn, isFields, listIn, textIn } from './fields.ts';
import { type Gathered, givenOf } from './gathered.ts';
import { plainNames } from './gemini-schema.ts';
import type { CallPart, End, Saying, TextPart, Usage } from './neutral.ts';
import { type AnswerWords, type Read, wordIn, wrong } from './reading.ts';

/** Answers of `generateContent`: of a stream each event is one. */
export const geminiAnswer: AnswerWords = {
  read: (reading, event) => {
    const { candidates, promptFeedback, usageMetadata, modelVersion, responseId, error } = event;
    if (error) return wrong(reading, wordIn(error));
    const { content, finishReason: reason } = fieldsIn(listIn(candidates)[0]);
    const said: Saying[] = [{ kind: 'begun', id: textIn(responseId), model: textIn(modelVersion) }];
    for (const part of listIn(fieldsIn(content)['parts'])) {
      const { text, thought, functionCall: call, ...others } = plainNames(fieldsIn(part));
      if (isFields(call)) {
        const { id, name, args } = call;
        said.push({ kind: 'call', id: textIn(id), name: textIn(name) });
        said.push({ kind: 'given', text: JSON.stringify(fieldsIn(args)) });
      } else if (typeof text === 'string') {
        if (thought !== true) said.push({ kind: 'text', text });
      } else {
        const [name] = Object.keys(others).filter((each) => each !== 'thoughtSignature');
        if (name !== undefined) return wrong(reading, `a part that is ${name}`);
      }
    }
    const isBlocked = fieldsIn(promptFeedback)['blockReason'] !== undefined;
    const end = isBlocked ? ({ kind: 'refused' } as const) : endOf(reason);
    const next = {
      ...{ ...reading, end: end ?? reading.end },
      usage: usageMetadata ? usageIn(usageMetadata) : reading.usage,
    };
    if (reason && end === undefined) return wrong(next, `it ended with ${wordIn(reason)}`);
    return { reading: next, said } satisfies Read;
  },
  eventsOf: (body) => [body],
  write: (saying, before) => {
    const chunk = (parts: readonly Fields[]): Fields => answerFor(before, parts);
    switch (saying.kind) {
      case 'begun':
      case 'given':
        return [];
      case 'text':
        return [...closing(before), chunk([{ text: saying.text }])];
      case 'call':
        return closing(before);
      case 'ended': {
        const { end, usage } = saying;
        // A last event without a part is no content to its readers.
        return [...closing(before), answerFor(before, [{ text: '' }], { end, usage })];
      }
    }
  },
  whole: (answer) => {
    const parts = answer.parts.map(partFor);
    return answerFor(answer, parts.length === 0 ? [{ text: '' }] : parts, answer);
  },
  fault: (code, message) => {
    const status = STATUSES[code] ?? (code < 500 ? 'INVALID_ARGUMENT' : 'INTERNAL');
    return { error: { code, message, status } };
  },
  broken: (message) => ({ error: { code: 500, message, status: 'INTERNAL' } }),
};

const STATUSES: Readonly<Record<number, string>> = {
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};
const ENDS: ReadonlyMap<string, Exclude<End['kind'], 'stopped'>> = new Map([
  ['STOP', 'stop'],
  ['MAX_TOKENS', 'length'],
  ['SAFETY', 'refused'],
  ['RECITATION', 'refused'],
  ['BLOCKLIST', 'refused'],
  ['PROHIBITED_CONTENT', 'refused'],
  ['SPII', 'refused'],
]);

function endOf(reason: unknown): End | undefined {
  const kind = ENDS.get(textIn(reason));
  return kind === undefined ? undefined : { kind };
}

function reasonOf({ kind }: End): string {
  return [...ENDS].find(([, each]) => each === kind)?.[0] ?? 'STOP';
}

function partFor(part: TextPart | CallPart): Fields {
  if (part.kind === 'text') return { text: part.text };
  return { functionCall: { id: part.id, name: part.name, args: part.given } };
}

/** A call is told once its arguments are all there. */
function closing(before: Gathered): readonly Fields[] {
  const last = before.parts.at(-1);
  if (last?.kind !== 'call') return [];
  const { id, name } = last;
  return [answerFor(before, [partFor({ kind: 'call', id, name, given: givenOf(last) })])];
}

type Ended = { readonly end: End; readonly usage: Usage };

function answerFor(
  { id, model }: Pick<Gathered, 'id' | 'model'>,
  parts: readonly Fields[],
  ended?: Ended,
): Fields {
  const content = { role: 'model', parts };
  const reason = ended === undefined ? {} : { finishReason: reasonOf(ended.end) };
  return {
    candidates: [{ content, ...reason, index: 0 }],
    ...(ended === undefined ? {} : { usageMetadata: usageFor(ended.usage) }),
    ...{ modelVersion: model, responseId: id },
  };
}

function usageIn(given: unknown): Usage {
  const { promptTokenCount, cachedContentTokenCount, ...said } = fieldsIn(given);
  const thought = countIn(said['thoughtsTokenCount']);
  return {
    taken: countIn(promptTokenCount),
    cached: countIn(cachedContentTokenCount),
    given: countIn(said['candidatesTokenCount']) + thought,
    thought,
  };
}

function usageFor({ taken, cached, given, thought }: Usage): Fields {
  return {
    promptTokenCount: taken,
    candidatesTokenCount: Math.max(0, given - thought),
    totalTokenCount: taken + given,
    ...(cached === 0 ? {} : { cachedContentTokenCount: cached }),
    ...(thought === 0 ? {} : { thoughtsTokenCount: thought }),
  };
}
