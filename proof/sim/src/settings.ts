import type { Chance } from './chance.ts';
import type { FaultRates } from './disk-faults.ts';

/** What kind of world a seed makes. */
export type Settings = {
  /** The log's store is across a network, or in the writer's process. */
  readonly isRemote: boolean;
  /** Milliseconds that a message takes at most. */
  readonly slowness: number;
  /** Tasks done between two acts of the world at most. */
  readonly calm: number;
  readonly writerDisk: FaultRates;
  readonly guardianDisk: FaultRates;
};

const RATES: readonly FaultRates[] = [
  { read: 0, write: 0, crash: 0 },
  { read: 0, write: 40, crash: 0 },
  { read: 300, write: 25, crash: 40 },
  { read: 0, write: 0, crash: 20 },
];

export function settingsBy(chance: Chance): Settings {
  return {
    isRemote: chance.oneIn(2),
    slowness: chance.pick([1, 4, 20]),
    calm: chance.pick([3, 10, 25]),
    writerDisk: chance.pick(RATES),
    guardianDisk: chance.pick(RATES),
  };
}
