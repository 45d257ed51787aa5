import type { QueryClient } from '@tanstack/react-query';

/** Several events of one act, or of many at once, are read for once. */
const GATHER_MS = 30;
const CHANGING = ['inbox', 'log', 'status'] as const;
const KINDS = ['approval.requested', 'policy.decided', 'receipt.emitted'];

/** Reads anew what changed, whenever the node says that something happened. */
export function follow(queries: QueryClient): void {
  const events = new EventSource('/v1/events');
  let isDue = false;
  const changed = (): void => {
    if (isDue) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      for (const key of CHANGING) void queries.invalidateQueries({ queryKey: [key] });
    }, GATHER_MS);
  };
  for (const kind of KINDS) events.addEventListener(kind, changed);
  // Whatever happened while it was away is read when it is back.
  events.addEventListener('open', changed);
}
