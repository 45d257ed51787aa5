/** Objects of one class by id, each as its canonical text. */
export type ClassHeads = ReadonlyMap<string, string>;

export type HeadDifference = {
  readonly head_class: string;
  readonly id: string;
  readonly change: 'added' | 'removed' | 'changed';
  readonly before?: unknown;
  readonly after?: unknown;
};

/** What one class has in the second that it has not, or not so, in the first; by id. */
export function diffClass(
  headClass: string,
  first: ClassHeads,
  second: ClassHeads,
): HeadDifference[] {
  const ids = [...new Set([...first.keys(), ...second.keys()])].sort();
  return ids.flatMap((id) => {
    const [before, after] = [first.get(id), second.get(id)];
    return before === after ? [] : [difference({ headClass, id }, before, after)];
  });
}

function difference(
  { headClass, id }: { readonly headClass: string; readonly id: string },
  before: string | undefined,
  after: string | undefined,
): HeadDifference {
  const change = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
  return {
    head_class: headClass,
    id,
    change,
    ...(before === undefined ? {} : { before: JSON.parse(before) as unknown }),
    ...(after === undefined ? {} : { after: JSON.parse(after) as unknown }),
  };
}
