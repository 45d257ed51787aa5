/** What a run found. Names are those of the outside cases, so that anyone can look them up. */
export type Tally = {
  cases: number;
  readonly failed: string[];
  /** Departures that are meant, each with its reason. */
  readonly excepted: string[];
  /** Material for what does not exist here yet, each with its count of cases. */
  readonly skipped: string[];
  /** Further figures of a run, in cases. */
  readonly more?: readonly (readonly [string, number])[];
};

export function newTally(): Tally {
  return { cases: 0, failed: [], excepted: [], skipped: [] };
}

export function check(tally: Tally, name: string, isHeld: boolean): void {
  tally.cases += 1;
  if (!isHeld) tally.failed.push(name);
}
