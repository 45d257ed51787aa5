import { BoundedMap } from '@ioi/basis';
import { digestBytes } from '@ioi/canon';
import { END_WORKER_RUN, OPEN_WORKER_RUN } from '@ioi/law';
import type { OcsfEvent } from './ocsf.ts';

/** A span as OTLP/JSON has it: identifiers in hex, times in nanoseconds as text. */
export type Span = {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly object[];
  readonly status: { readonly code?: number; readonly message?: string };
};

const INTERNAL = 1;
const CLIENT = 3;
const ERROR = 2;
const NANO = '000000';
const TRACE_DIGITS = 32;
const SPAN_DIGITS = 16;
/** Acts and runs that have begun and not ended; of others the beginning is not known. */
const MOST_OPEN = 10_000;
const MODEL = 'model::invoke';
const ENDED: readonly string[] = ['boundary/action.receipt', 'boundary/action.deny'];

/**
 * Makes spans of what a stream tells, by the semantic conventions of OpenTelemetry for generative
 * AI: a question to a model is `chat`, any other act `execute_tool`, a run of a worker
 * `invoke_agent` and the parent of what it did. The same events make the same spans, however often
 * they are told.
 */
export class Spans {
  readonly #begun = new BoundedMap<string, OcsfEvent>(MOST_OPEN);

  take(events: readonly OcsfEvent[]): readonly Span[] {
    return events.flatMap((event) => this.#spanOf(event) ?? []);
  }

  #spanOf(event: OcsfEvent): Span | undefined {
    const { event_code: code, correlation_uid: request } = event.metadata;
    if (code === OPEN_WORKER_RUN || code === END_WORKER_RUN) return this.#runOf(event);
    if (request === undefined) return undefined;
    if (code === 'boundary/action.decide') {
      const first = this.#begun.get(request) ?? event;
      this.#begun.set(request, first);
      // What may not be done ends here; what waits or is done has an end of its own.
      return event.status === 'Failure' ? actSpan(first, event, request) : undefined;
    }
    if (!ENDED.includes(code)) return undefined;
    return actSpan(this.#begun.get(request) ?? event, event, request);
  }

  #runOf(event: OcsfEvent): Span | undefined {
    const { run_id: run, state } = event.unmapped;
    if (typeof run !== 'string') return undefined;
    if (event.metadata.event_code === OPEN_WORKER_RUN) {
      this.#begun.set(run, event);
      return undefined;
    }
    const first = this.#begun.get(run) ?? event;
    const session = first.actor?.session?.uid;
    const agent = String(first.unmapped['worker_id'] ?? run);
    const isDone = state === 'completed';
    return {
      traceId: hexOf(session ?? run, TRACE_DIGITS),
      spanId: hexOf(session ?? run, SPAN_DIGITS),
      ...{ name: `invoke_agent ${agent}`, kind: INTERNAL, ...timesOf(first, event) },
      attributes: attributesOf({
        'gen_ai.operation.name': 'invoke_agent',
        'gen_ai.provider.name': 'ioi',
        'gen_ai.agent.name': agent,
        'gen_ai.conversation.id': session,
        'ioi.run_id': run,
        'ioi.operation_id': event.unmapped['operation_id'],
        ...(isDone ? {} : { 'error.type': String(state) }),
      }),
      status: isDone ? {} : { code: ERROR, message: String(state) },
    };
  }
}

/** The body of an OTLP/HTTP export of traces, in JSON. */
export function otlpTraces(spans: readonly Span[], node_id: string, version: string): string {
  const about = { 'service.name': 'ioi', 'service.version': version };
  const resource = { attributes: attributesOf({ ...about, 'service.instance.id': node_id }) };
  const scope = { name: 'ioi.audit', version };
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ scope, spans }] }] });
}

function actSpan(first: OcsfEvent, last: OcsfEvent, request: string): Span {
  const target = first.api?.operation ?? 'act';
  const isModel = target === MODEL;
  const session = first.actor?.session?.uid;
  const isError = last.status === 'Failure';
  const asked = isModel ? askedIn(first) : {};
  const { route } = asked;
  const name = isModel ? ['chat', ...(route ? [route] : [])].join(' ') : `execute_tool ${target}`;
  const why = String(last.unmapped['code'] ?? last.message);
  return {
    traceId: hexOf(session ?? request, TRACE_DIGITS),
    spanId: hexOf(request, SPAN_DIGITS),
    ...(session === undefined ? {} : { parentSpanId: hexOf(session, SPAN_DIGITS) }),
    ...{ name, kind: isModel ? CLIENT : INTERNAL, ...timesOf(first, last) },
    attributes: attributesOf({
      'gen_ai.operation.name': isModel ? 'chat' : 'execute_tool',
      'gen_ai.provider.name': isModel ? 'ioi' : undefined,
      'gen_ai.request.model': route,
      'gen_ai.request.max_tokens': asked.max_tokens,
      'gen_ai.usage.input_tokens': isModel ? last.unmapped['input_tokens'] : undefined,
      'gen_ai.usage.output_tokens': isModel ? last.unmapped['output_tokens'] : undefined,
      'gen_ai.tool.name': isModel ? undefined : target,
      'gen_ai.agent.name': first.actor?.app_name,
      'gen_ai.conversation.id': session,
      'ioi.request_hash': request,
      'ioi.receipt_id': last.unmapped['receipt_id'],
      'ioi.operation_id': last.unmapped['operation_id'],
      'ioi.rule_id': first.unmapped['rule_id'],
      'ioi.outcome': last.message.split(' ')[0],
      ...(isError ? { 'error.type': why } : {}),
    }),
    status: isError ? { code: ERROR, message: why } : {},
  };
}

/** Which route, and how much it may say, where details are told. */
function askedIn({ resources }: OcsfEvent): {
  readonly route?: string | undefined;
  readonly max_tokens?: number | undefined;
} {
  const { route, max_tokens } = Object(resources?.[0]?.data) as Record<string, unknown>;
  return {
    route: typeof route === 'string' ? route : undefined,
    max_tokens: typeof max_tokens === 'number' ? max_tokens : undefined,
  };
}

function timesOf(first: OcsfEvent, last: OcsfEvent) {
  return {
    startTimeUnixNano: `${first.time}${NANO}`,
    endTimeUnixNano: `${Math.max(first.time, last.time)}${NANO}`,
  };
}

/** An identifier of a trace or span: never all zeros, which OpenTelemetry takes for none. */
function hexOf(id: string, digits: number): string {
  return digestBytes(id).slice('sha256:'.length, 'sha256:'.length + digits);
}

function attributesOf(values: Readonly<Record<string, unknown>>): readonly object[] {
  return Object.entries(values).flatMap(([key, value]): object[] => {
    if (typeof value === 'number') return [{ key, value: { intValue: String(value) } }];
    return typeof value === 'string' ? [{ key, value: { stringValue: value } }] : [];
  });
}
