import type { HeadKey, View } from '@ioi/protocol';

/** Keys that `run` reads of a view: what an operation declares is what it does read. */
export function readsOf(view: View, run: (seen: View) => unknown): readonly HeadKey[] {
  const read: HeadKey[] = [];
  run({
    get(key) {
      read.push(key);
      return view.get(key);
    },
  });
  return read;
}
