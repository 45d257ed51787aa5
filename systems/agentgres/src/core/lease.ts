/** Whose turn it is to write: `term` counts the takeovers, so nobody has one place twice. */
export type Place = { readonly member: string; readonly term: number };

/** As the store has it; `beat` grows while its holder lives. */
export type Lease = Place & { readonly beat: number };

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
export function isStale({ since }: Watch, now: number, patienceMs: number): boolean {
  return now - since >= patienceMs;
}
