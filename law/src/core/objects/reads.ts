import type { HeadKey, View } from '@ioi/protocol';

/** Keys that `run` reads of a view: what an operation declares is what it does read. */
export function readsOf(view: View, run: (seen: View) => unknown): readonly HeadKey[] {
  return observed(view, run).read.map(({ key }) => key);
}

type Read = { readonly key: HeadKey; readonly value: unknown };

function observed<R>(view: View, run: (seen: View) => R) {
  const read: Read[] = [];
  const result = run({
    get<T>(key: HeadKey) {
      const value = view.get<T>(key);
      read.push({ key, value });
      return value;
    },
  });
  return { read, result };
}

/**
 * A pure function of a payload and what it reads of a view, which is run to learn what it reads
 * and then to decide. The second run is spared where it would read the very same values.
 */
export class ReadRun<P extends object, R> {
  readonly #run: (payload: P, view: View) => R;
  #last: { readonly payload: P; readonly read: readonly Read[]; readonly result: R } | undefined;

  constructor(run: (payload: P, view: View) => R) {
    this.#run = run;
  }

  reads(payload: P, view: View): readonly HeadKey[] {
    this.#last = { payload, ...observed(view, (seen) => this.#run(payload, seen)) };
    return this.#last.read.map(({ key }) => key);
  }

  result(payload: P, view: View): R {
    const last = this.#last;
    this.#last = undefined;
    const isSame =
      last?.payload === payload && last.read.every(({ key, value }) => view.get(key) === value);
    return isSame ? last.result : this.#run(payload, view);
  }
}
