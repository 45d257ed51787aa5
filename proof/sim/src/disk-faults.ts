import type { Chance } from './chance.ts';
import type { SimProcess } from './sim-process.ts';
import { ProcessDied } from './sim-process.ts';
import type { Trace } from './trace.ts';

/** How often, as one in so many; 0 is never. */
export type FaultRates = {
  readonly read: number;
  readonly write: number;
  /** Of writes that the process does not survive. */
  readonly crash: number;
};

export const NO_FAULTS: FaultRates = { read: 0, write: 0, crash: 0 };

/**
 * What becomes of a write: `whole`; `none`; `ghost`, of which nothing is seen until the disk is
 * opened again, if ever.
 */
type Extent = 'whole' | 'none' | 'ghost';
export type Fate = { readonly extent: Extent; readonly raise?: () => never };

export class IoFault extends Error {
  readonly code: 'EIO' | 'ENOSPC';

  constructor(code: 'EIO' | 'ENOSPC', path: string) {
    super(`${code} at ${path}`);
    this.code = code;
  }
}

/** Decides by seed which operations of a disk fail, and how. */
export class DiskFaults {
  readonly #chance: Chance;
  readonly #trace: Trace;
  rates: FaultRates = NO_FAULTS;

  constructor(chance: Chance, trace: Trace) {
    this.#chance = chance;
    this.#trace = trace;
  }

  read(process: SimProcess, path: string): void {
    process.mustLive();
    if (this.#chance.oneIn(this.rates.read)) this.#fail(process, path, 'read')();
  }

  write(process: SimProcess, path: string): Fate {
    process.mustLive();
    const { write, crash } = this.rates;
    const isCrash = this.#chance.oneIn(crash);
    if (!isCrash && !this.#chance.oneIn(write)) return { extent: 'whole' };
    const extent = this.#chance.pick<Extent>(['none', 'ghost', 'whole']);
    const raise = isCrash
      ? this.#crash(process, path, extent)
      : this.#fail(process, path, `write, ${extent}`);
    return { extent, raise };
  }

  #fail(process: SimProcess, path: string, what: string): () => never {
    const code = this.#chance.pick(['EIO', 'ENOSPC'] as const);
    return () => {
      this.#trace.note(process.name, `${code} at ${path} (${what})`);
      this.#trace.count(`fault.${code} ${what}`);
      throw new IoFault(code, path);
    };
  }

  #crash(process: SimProcess, path: string, extent: Extent): () => never {
    return () => {
      this.#trace.note(process.name, `dies writing ${path} (${extent})`);
      this.#trace.count(`fault.crash in a write, ${extent}`);
      process.end();
      throw new ProcessDied(`${process.name} died writing ${path}`);
    };
  }
}
