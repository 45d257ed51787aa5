/** Work that may be left at every pause and gone on with; it gives nothing but its end. */
export type Pausing<T> = Generator<undefined, T>;

/** Works without a pause. */
export function finish<T>(pausing: Pausing<T>): T {
  for (;;) {
    const next = pausing.next();
    if (next.done === true) return next.value;
  }
}
