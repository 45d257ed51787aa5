import { eventsIn } from '@ioi/frames';
import type { InboxPage } from '@ioi/protocol';
import type { QueryClient } from '@tanstack/react-query';
import { inbox } from './api.ts';
import { ask } from './session.ts';

/**
 * What waits is read at once, by whatever is about it. The rest is of all acts: it is read behind
 * that, and not again before a person could have looked at it.
 */
const CALM = ['log', 'status', 'sessions'] as const;
const GATHER_MS = 60;
const CALM_MS = 400;
const KINDS = [
  'tool.proposed',
  'tool.started',
  'approval.requested',
  'policy.decided',
  'receipt.emitted',
];
/** A reading whose answer never comes is given up for the next one. */
const READING_MOST_MS = 10_000;
/** Between two attempts: twice as long after each that failed. */
const PAUSE_MS = 1_000;
const PAUSE_MOST_MS = 30_000;

type Told = { readonly event: string; readonly data: string };

/** Reads anew what changed, whenever the node says that something happened. */
export async function follow(queries: QueryClient): Promise<void> {
  const readings = new Readings(queries);
  let last = '';
  for (let failed = 0; ; failed += 1) {
    const answer = await ask('/v1/events', { headers: { 'last-event-id': last } }).catch(
      () => undefined,
    );
    // Whoever is not let in needs a link, and begins anew with it.
    if (answer?.status === 401) return;
    if (answer?.ok === true && answer.body !== null) {
      failed = 0;
      // Whatever happened while it was away is read when it is back.
      readings.all();
      last = await heard(answer.body, last, (told) => readings.after(told));
    }
    const pause = Math.min(PAUSE_MS * 2 ** failed, PAUSE_MOST_MS);
    await passed(pause);
  }
}

function passed(milliseconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, milliseconds));
}

class Readings {
  readonly #queries: QueryClient;
  readonly #inbox: () => void;
  readonly #calm: readonly (() => void)[];
  /** Said to wait, and nothing said of them since. */
  readonly #waiting = new Set<string>();

  constructor(queries: QueryClient) {
    this.#queries = queries;
    const of = (queryKey: readonly string[]) => () => queries.invalidateQueries({ queryKey });
    this.#inbox = reading(of(inbox.queryKey), { behindMs: 0, apartMs: 0 });
    const times = { behindMs: GATHER_MS, apartMs: CALM_MS };
    this.#calm = CALM.map((key) => reading(of([key]), times));
  }

  all(): void {
    this.#inbox();
    for (const read of this.#calm) read();
  }

  after(told: readonly Told[]): void {
    const telling = told.filter(({ event }) => KINDS.includes(event));
    if (telling.length === 0) return;
    const page = this.#queries.getQueryData<InboxPage>(inbox.queryKey);
    for (const { request_hash: hash } of page?.pending ?? []) this.#waiting.add(hash);
    const about = telling.filter((each) => this.#isOfWaiting(each));
    if (about.length > 0) this.#inbox();
    for (const read of this.#calm) read();
  }

  #isOfWaiting({ event, data }: Told): boolean {
    const hash = hashIn(data);
    if (hash === undefined) return true;
    if (event !== 'approval.requested') return this.#waiting.delete(hash);
    this.#waiting.add(hash);
    return true;
  }
}

function hashIn(data: string): string | undefined {
  const [, hash] = /"request_hash":"(sha256:[0-9a-f]{64})"/.exec(data) ?? [];
  return hash;
}

type Times = { readonly behindMs: number; readonly apartMs: number };

/**
 * One after the other: a reading that is begun ends, however fast events come. Another begun
 * meanwhile would cancel it, and nothing would be read as long as they come.
 */
function reading(read: () => Promise<void>, { behindMs, apartMs }: Times): () => void {
  let isDue = false;
  let isReading = false;
  const readAll = async (): Promise<void> => {
    while (isDue) {
      isDue = false;
      const apart = passed(apartMs);
      await Promise.race([read(), passed(READING_MOST_MS)]);
      await apart;
    }
    isReading = false;
  };
  return () => {
    isDue = true;
    if (isReading) return;
    isReading = true;
    setTimeout(() => void readAll(), behindMs);
  };
}

/** The id of the last event there was until the stream ended. */
async function heard(
  body: ReadableStream<BufferSource>,
  before: string,
  tell: (told: readonly Told[]) => void,
): Promise<string> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let last = before;
  let left = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return last;
      const { events, rest } = eventsIn(left + value);
      left = rest;
      last = events.at(-1)?.id ?? last;
      tell(events);
    }
  } catch {
    return last;
  }
}
