import type { Attestor, LogStore } from '@ioi/agentgres';

/** A fault of design, planted to see whether the simulator finds it. */
export type Variant = {
  readonly name: string;
  /** What the writer is given instead. */
  readonly attestor?: (attestor: Attestor, store: LogStore) => Attestor;
  readonly store?: (store: LogStore) => LogStore;
  /** Believes every seal. */
  readonly isCredulous?: boolean;
  /** Every opener claims the log under this name. */
  readonly claim?: string;
  /** Disks that flush only seemingly. */
  readonly forgetful?: 'writer' | 'guardian';
};

export const SOUND: Variant = { name: 'sound' };
