import type { Results, Status } from './run-scenario.ts';

export type Difference = {
  /** `scenario: check` */
  readonly name: string;
  readonly direct: Status;
  readonly gateway: Status;
  readonly message: string;
};

export type Comparison = {
  /** Checks that hold without the node. */
  readonly held: number;
  /** Of those, the ones that no longer hold with the node between. */
  readonly lost: readonly Difference[];
  /** Every other difference: what did not hold without the node, and is otherwise with it. */
  readonly other: readonly Difference[];
  /** Checks that hold neither way. */
  readonly neither: readonly string[];
};

/** What the node between changes in one scenario. */
export function compare(scenario: string, direct: Results, gateway: Results): Comparison {
  const differences: Difference[] = [];
  const neither: string[] = [];
  let held = 0;
  for (const id of new Set([...direct.keys(), ...gateway.keys()])) {
    const name = `${scenario}: ${id}`;
    const one = direct.get(id)?.status ?? 'ABSENT';
    const { status: other, message } = gateway.get(id) ?? { status: 'ABSENT', message: '' };
    if (one === 'SUCCESS') held += 1;
    if (saysNothing(one) && saysNothing(other)) continue;
    if (one !== other) differences.push({ name, direct: one, gateway: other, message });
    else if (one !== 'SUCCESS') neither.push(`${name} ${one}`);
  }
  const isLost = (each: Difference): boolean =>
    each.direct === 'SUCCESS' && each.gateway !== 'INFO';
  return {
    held,
    lost: differences.filter(isLost),
    other: differences.filter((each) => !isLost(each)),
    neither,
  };
}

/** Notes on what was sent, which differ from run to run. */
function saysNothing(status: Status): boolean {
  return status === 'INFO' || status === 'ABSENT';
}

export function sumOf(parts: readonly Comparison[]): Comparison {
  return {
    held: parts.reduce((sum, { held }) => sum + held, 0),
    lost: parts.flatMap(({ lost }) => lost),
    other: parts.flatMap(({ other }) => other),
    neither: parts.flatMap(({ neither }) => neither),
  };
}
