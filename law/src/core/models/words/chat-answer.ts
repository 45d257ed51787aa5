import { callFor } from './chat-question.ts';
import { countIn, type Fields, fieldsIn, listIn, textIn } from './fields.ts';
import type { End, Saying, Usage } from './neutral.ts';
import { type AnswerWords, type Read, type Reading, wordIn, wrong } from './reading.ts';

/** Answers of `chat/completions`: the chunk object, and the object of a whole one. */
export const chatAnswer: AnswerWords = {
  read: (reading, event) => {
    const { id, model, choices, usage, error } = event;
    if (error) return wrong(reading, wordIn(error));
    const { delta, finish_reason: reason } = fieldsIn(listIn(choices)[0]);
    const { content, refusal, tool_calls: calls } = fieldsIn(delta);
    const begun = { kind: 'begun', id: textIn(id), model: textIn(model) } as const;
    // Some servers say of the question first what they have to say of it, and name nobody.
    const said: Saying[] = listIn(choices).length === 0 ? [] : [begun];
    if (typeof content === 'string') said.push({ kind: 'text', text: content });
    let open = reading.open;
    for (const each of listIn(calls)) {
      const { index, id: own, function: made } = fieldsIn(each);
      const { name, arguments: given } = fieldsIn(made);
      // Some servers count none, and tell each call whole.
      const at = typeof index === 'number' ? index : (open ?? -1) + (name ? 1 : 0);
      if (at !== open) {
        if (at < (open ?? 0)) return wrong(reading, 'pieces of calls that are out of order');
        said.push({ kind: 'call', id: textIn(own), name: textIn(name) });
        open = at;
      }
      said.push({ kind: 'given', text: textIn(given) });
    }
    const isRefused = typeof refusal === 'string' && refusal !== '';
    const next: Reading = {
      ...{ ...reading, open },
      end: isRefused ? { kind: 'refused' } : (endOf(reason) ?? reading.end),
      usage: usage ? usageIn(usage) : reading.usage,
    };
    if (reason && endOf(reason) === undefined)
      return wrong(next, `it ended with ${wordIn(reason)}`);
    return { reading: next, said } satisfies Read;
  },
  eventsOf: (body) => {
    const { message, ...choice } = fieldsIn(listIn(body['choices'])[0]);
    const { tool_calls: calls, ...said } = fieldsIn(message);
    const numbered = listIn(calls).map((each, index) => ({ ...fieldsIn(each), index }));
    return [{ ...body, choices: [{ ...choice, delta: { ...said, tool_calls: numbered } }] }];
  },
  write: (saying, { id, model, parts }, { tellsUsage }) => {
    const about = { ...headOf(id, model), object: 'chat.completion.chunk' };
    const chunk = (delta: Fields, reason: string | null = null): Fields => {
      return { ...about, choices: [{ index: 0, delta, finish_reason: reason }] };
    };
    const at = parts.filter(({ kind }) => kind === 'call').length;
    switch (saying.kind) {
      case 'begun': {
        const choices = [
          { index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null },
        ];
        return [{ ...about, ...headOf(saying.id, saying.model), choices }];
      }
      case 'text':
        return [chunk({ content: saying.text })];
      case 'call': {
        const made = { name: saying.name, arguments: '' };
        return [
          chunk({ tool_calls: [{ index: at, id: saying.id, type: 'function', function: made }] }),
        ];
      }
      case 'given':
        return [chunk({ tool_calls: [{ index: at - 1, function: { arguments: saying.text } }] })];
      case 'ended': {
        const last = chunk({}, reasonOf(saying.end));
        const usage = { ...about, choices: [], usage: usageFor(saying.usage) };
        return tellsUsage ? [last, usage] : [last];
      }
    }
  },
  whole: ({ id, model, parts, end, usage }) => {
    const texts = parts.flatMap((each) => (each.kind === 'text' ? [each.text] : []));
    const calls = parts.flatMap((each) => (each.kind === 'call' ? [callFor(each)] : []));
    const message = {
      ...{ role: 'assistant', content: texts.length === 0 ? null : texts.join('') },
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
    };
    const choice = { index: 0, message, finish_reason: reasonOf(end) };
    const about = { ...headOf(id, model), object: 'chat.completion' };
    return { ...about, choices: [choice], usage: usageFor(usage) };
  },
  fault: openAiFault,
  broken: (message) => ({ error: { message, type: 'server_error', param: null, code: null } }),
};

function headOf(id: string, model: string): Fields {
  return { id, created: 0, model };
}

const REASONS: ReadonlyMap<string, Exclude<End['kind'], 'stopped'>> = new Map([
  ['stop', 'stop'],
  ['length', 'length'],
  ['tool_calls', 'calls'],
  ['content_filter', 'refused'],
]);

function endOf(reason: unknown): End | undefined {
  const kind = REASONS.get(textIn(reason));
  return kind === undefined ? undefined : { kind };
}

function reasonOf({ kind }: End): string {
  return [...REASONS].find(([, each]) => each === kind)?.[0] ?? 'stop';
}

function usageIn(given: unknown): Usage {
  const { prompt_tokens, completion_tokens, ...details } = fieldsIn(given);
  const { prompt_tokens_details: taken, completion_tokens_details: said } = details;
  return {
    taken: countIn(prompt_tokens),
    cached: countIn(fieldsIn(taken)['cached_tokens']),
    given: countIn(completion_tokens),
    thought: countIn(fieldsIn(said)['reasoning_tokens']),
  };
}

function usageFor({ taken, cached, given, thought }: Usage): Fields {
  return {
    ...{ prompt_tokens: taken, completion_tokens: given, total_tokens: taken + given },
    prompt_tokens_details: { cached_tokens: cached },
    completion_tokens_details: { reasoning_tokens: thought },
  };
}

/** As both APIs of OpenAI say it. */
export function openAiFault(status: number, message: string): Fields {
  const kinds: Readonly<Record<number, string>> = {
    401: 'authentication_error',
    403: 'permission_error',
    429: 'rate_limit_error',
  };
  const type = kinds[status] ?? (status < 500 ? 'invalid_request_error' : 'server_error');
  const code = status === 429 ? 'rate_limit_exceeded' : null;
  return { error: { message, type, param: null, code } };
}
