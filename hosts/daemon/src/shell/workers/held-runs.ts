import type { KeptFile } from '../mcp/kept-file.ts';

/** Runs that a person holds. Kept on the disk, so that no restart lets any of them go on. */
export class HeldRuns {
  readonly #file: KeptFile;
  #ids: ReadonlySet<string>;
  /** Which ones were held cannot be read any more: it may have been any. */
  readonly isLost: boolean;

  constructor(file: KeptFile) {
    this.#file = file;
    const kept = idsIn(file);
    this.isLost = kept === undefined;
    this.#ids = new Set(kept);
  }

  has(runId: string): boolean {
    return this.#ids.has(runId);
  }

  set(runId: string, isHeld: boolean): void {
    if (this.has(runId) === isHeld) return;
    const others = [...this.#ids].filter((each) => each !== runId);
    const ids = isHeld ? [...others, runId] : others;
    this.#file.write(ids);
    this.#ids = new Set(ids);
  }
}

function idsIn(file: KeptFile): readonly string[] | undefined {
  try {
    const kept = file.read() ?? [];
    const isList = Array.isArray(kept) && kept.every((each) => typeof each === 'string');
    return isList ? kept : undefined;
  } catch {
    return undefined;
  }
}
