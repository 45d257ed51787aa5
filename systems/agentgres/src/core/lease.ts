/** Whose turn it is to write: `term` counts the takeovers, so nobody has one place twice. */
export type Place = { readonly member: string; readonly term: number };

/**
 * As the store has it; `beat` grows while its holder writes, and falls below nought while it makes
 * itself ready to. `member` is empty where the holder stepped down.
 */
export type Lease = Place & { readonly beat: number };

/** How long a holder may stand still, in milliseconds: one that writes, and one that starts. */
export type Patience = { readonly writing: number; readonly starting: number };

/** What is known of a lease: as it was seen, and since when it stands still. */
export type Watch = { readonly lease: Lease; readonly since: number };

/**
 * Notes what was seen at a time of one's own clock, in milliseconds. No two clocks are compared:
 * how long a lease stood still is measured by whoever looks at it.
 */
export function seen(watch: Watch | undefined, lease: Lease, now: number): Watch {
  const isSame =
    watch !== undefined &&
    watch.lease.member === lease.member &&
    watch.lease.term === lease.term &&
    watch.lease.beat === lease.beat;
  return isSame ? watch : { lease, since: now };
}

/** Whether nobody seems to write any more: only then may another try to take the place. */
export function isStale({ lease, since }: Watch, now: number, patience: Patience): boolean {
  if (lease.member === '') return true;
  return now - since >= (lease.beat > 0 ? patience.writing : patience.starting);
}
