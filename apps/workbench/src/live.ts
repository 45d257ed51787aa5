import { eventsIn } from '@ioi/frames';
import type { InboxPage } from '@ioi/protocol';
import type { QueryClient } from '@tanstack/react-query';
import { following, inbox, toldInbox } from './api.ts';
import { ask } from './session.ts';
import { withChanges } from './told-inbox.ts';

/**
 * What waits is told as it is, and drawn at once; it is read where it was not told. All is read
 * behind that, and not again before a person could have looked at it.
 */
const CALM = ['log', 'status', 'sessions', 'inbox'] as const;
const GATHER_MS = 60;
const CALM_MS = 1_000;
/** What a page has read as it opened is read again when it has been drawn. */
const SETTLED_MS = 1_000;
const KINDS = [
  'inbox.item',
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
  let isFirst = true;
  for (let failed = 0; ; failed += 1) {
    const answer = await ask('/v1/events?inbox=true', { headers: { 'last-event-id': last } }).catch(
      () => undefined,
    );
    // Whoever is not let in needs a link, and begins anew with it.
    if (answer?.status === 401) return;
    // Whose role takes no events gets none by asking again.
    if (answer?.status === 403) {
      queries.setQueryData(following.queryKey, false);
      return;
    }
    if (answer?.ok === true && answer.body !== null) {
      failed = 0;
      // Whatever happened before it was there, and while it was away, is read.
      readings.all(isFirst ? SETTLED_MS : 0);
      isFirst = false;
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

  constructor(queries: QueryClient) {
    this.#queries = queries;
    const of = (queryKey: readonly string[]) => () => queries.invalidateQueries({ queryKey });
    this.#inbox = reading(of(inbox.queryKey), { behindMs: 0, apartMs: 0 });
    const times = { behindMs: GATHER_MS, apartMs: CALM_MS };
    this.#calm = CALM.map((key) => reading(of([key]), times));
  }

  /** What waits at once, the rest behind that, ms. */
  all(behindMs: number): void {
    this.#inbox();
    setTimeout(() => {
      for (const read of this.#calm) read();
    }, behindMs);
  }

  after(told: readonly Told[]): void {
    const telling = told.filter(({ event }) => KINDS.includes(event));
    if (telling.length === 0) return;
    const page = this.#queries.getQueryData<InboxPage>(inbox.queryKey);
    const waiting = new Set(page?.pending.map(({ request_hash: hash }) => hash));
    const at = performance.now();
    const changes = telling.flatMap((each) => {
      const change = changeIn(each, waiting);
      return change === undefined ? [] : [{ ...change, at }];
    });
    if (page === undefined || telling.some((each) => isUnknown(each, waiting))) this.#inbox();
    if (page !== undefined && changes.length > 0) {
      toldInbox.tell(changes);
      this.#queries.setQueryData(inbox.queryKey, withChanges(page, changes));
    }
    for (const read of this.#calm) read();
  }
}

/** Something waits that was not told as it is: it is long. */
function isUnknown({ event, data }: Told, waiting: ReadonlySet<string>): boolean {
  return event === 'approval.requested' && !waiting.has(hashIn(data) ?? '');
}

/** What an event changes of the inbox; `waiting`: what stands in it then. */
function changeIn({ event, data }: Told, waiting: Set<string>) {
  if (event === 'inbox.item') {
    const item = JSON.parse(data) as InboxPage['pending'][number];
    waiting.add(item.request_hash);
    return { hash: item.request_hash, item };
  }
  const hash = hashIn(data);
  if (hash === undefined || event === 'approval.requested' || !waiting.has(hash)) return undefined;
  // It is decided, begun or over; should it wait on, that is told behind this.
  waiting.delete(hash);
  return { hash, item: undefined };
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
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let last = before;
  let left = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return last;
      const { events, rest } = eventsIn(left + decoder.decode(value, { stream: true }));
      left = rest;
      last = events.findLast(({ id }) => id !== '')?.id ?? last;
      tell(events);
    }
  } catch {
    return last;
  }
}
