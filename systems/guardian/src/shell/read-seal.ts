import { InspectedFile } from '@ioi/sqlite';
import { SEAL_FORMAT, sealIn } from './seal-store.ts';

/** What a guardian's file says it sealed last, as far as the file can be read. */
export type ReadSeal = {
  /** Undefined before the first seal. */
  readonly seal: { readonly size: number; readonly note: string } | undefined;
  readonly format: number;
  readonly isKnownFormat: boolean;
  /** What SQLite finds wrong with the file. */
  readonly faults: readonly string[];
};

/** Looks into a guardian's file and leaves it as it is. Throws when it cannot be opened. */
export function readSeal(path: string): ReadSeal {
  const file = new InspectedFile(path);
  try {
    file.hold();
    const format = file.format();
    const isKnownFormat = format === SEAL_FORMAT;
    const faults = file.faults();
    const row = file.one('SELECT seal FROM journal ORDER BY height DESC LIMIT 1');
    const text = row?.['seal'] as string | undefined;
    return { seal: text === undefined ? undefined : sealIn(text), format, isKnownFormat, faults };
  } finally {
    file.close();
  }
}
