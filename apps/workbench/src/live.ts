import { eventsIn } from '@ioi/frames';
import type { QueryClient } from '@tanstack/react-query';
import { ask } from './session.ts';

/** Several events of one act, or of many at once, are read for once. */
const GATHER_MS = 10;
const CHANGING = ['inbox', 'log', 'status', 'sessions'] as const;
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

/** Reads anew what changed, whenever the node says that something happened. */
export async function follow(queries: QueryClient): Promise<void> {
  const changed = gathering(queries);
  let last = '';
  for (let failed = 0; ; failed += 1) {
    const answer = await ask('/v1/events', { 'last-event-id': last }).catch(() => undefined);
    // Whoever is not let in needs a link, and begins anew with it.
    if (answer?.status === 401) return;
    if (answer?.ok === true && answer.body !== null) {
      failed = 0;
      // Whatever happened while it was away is read when it is back.
      changed();
      last = await heard(answer.body, last, changed);
    }
    const pause = Math.min(PAUSE_MS * 2 ** failed, PAUSE_MOST_MS);
    await passed(pause);
  }
}

function passed(milliseconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, milliseconds));
}

function gathering(queries: QueryClient): () => void {
  const readers = CHANGING.map((key) =>
    reading(() => queries.invalidateQueries({ queryKey: [key] })),
  );
  return () => {
    for (const read of readers) read();
  };
}

/**
 * One after the other: a reading that is begun ends, however fast events come. Another begun
 * meanwhile would cancel it, and nothing would be read as long as they come.
 */
function reading(read: () => Promise<void>): () => void {
  let isDue = false;
  let isReading = false;
  const readAll = async (): Promise<void> => {
    while (isDue) {
      isDue = false;
      await Promise.race([read(), passed(READING_MOST_MS)]);
    }
    isReading = false;
  };
  return () => {
    isDue = true;
    if (isReading) return;
    isReading = true;
    setTimeout(() => void readAll(), GATHER_MS);
  };
}

/** The id of the last event there was until the stream ended. */
async function heard(
  body: ReadableStream<BufferSource>,
  before: string,
  changed: () => void,
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
      if (events.some(({ event }) => KINDS.includes(event))) changed();
    }
  } catch {
    return last;
  }
}
