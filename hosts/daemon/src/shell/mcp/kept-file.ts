import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { parseStrict } from '@ioi/canon';
import { ConfigFault } from '../config.ts';

/** A small JSON file of the node's own account: whole or absent, never half written. */
export class KeptFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Undefined where there is none. Throws ConfigFault where what is there is no JSON. */
  read(): unknown {
    let bytes: Uint8Array;
    try {
      bytes = readFileSync(this.path);
    } catch (fault) {
      if ((fault as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw fault;
    }
    const parsed = parseStrict(bytes);
    if (parsed.ok) return parsed.value;
    throw this.damaged();
  }

  write(value: unknown): void {
    const fresh = `${this.path}.new`;
    writeFileSync(fresh, `${JSON.stringify(value)}\n`, { mode: 0o600, flush: true });
    renameSync(fresh, this.path);
  }

  /** What is there no longer counts; returns where it lies now. */
  setAside(): string {
    const aside = `${this.path}.damaged`;
    renameSync(this.path, aside);
    return aside;
  }

  damaged(): ConfigFault {
    return new ConfigFault(`${this.path} is damaged; mend it, or remove it to begin anew`);
  }
}
