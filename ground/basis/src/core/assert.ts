/** A broken assumption of our own: a bug, never the caller's data. Nothing catches it. */
export class AssertionFault extends Error {
  override readonly name = 'AssertionFault';
}

export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionFault(`bug: ${message}`);
}

/** Ends an exhaustive switch: does not compile while a case is missing. */
export function unreachable(value: never): never {
  throw new AssertionFault(`bug: unreachable value of type ${typeof value}`);
}
