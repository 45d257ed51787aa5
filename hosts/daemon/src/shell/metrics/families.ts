import type { Family, Sample } from '../../core/index.ts';

/** One number without labels. */
export function gauge(name: string, help: string, value: number): Family {
  return { name, kind: 'gauge', help, samples: [{ value }] };
}

export function counter(name: string, help: string, samples: readonly Sample[]): Family {
  return { name, kind: 'counter', help, samples };
}

type Label = { readonly label: string; readonly of: readonly string[] };

/** How many there are of each; of those nobody named there is no label. */
export function counted(
  name: string,
  help: string,
  { label, of }: Label,
  found: readonly string[],
): Family {
  const samples = of.map((each) => ({
    labels: { [label]: each },
    value: found.filter((one) => one === each).length,
  }));
  return { name, kind: 'gauge', help, samples };
}

export function when(is: boolean): number {
  return is ? 1 : 0;
}
