import { existsSync } from 'node:fs';
import type { DoctorFinding } from '@ioi/protocol';
import { InspectedFile } from '@ioi/sqlite';
import { type DoctorCode, findingOf } from '../../core/inspection/finding.ts';

export type Looked<T> = {
  /** Undefined when the file could not be read. */
  readonly value: T | undefined;
  readonly findings: readonly DoctorFinding[];
};

export type LookAt = {
  readonly path: string;
  readonly format: number;
  /** What is said when the file is not there, and when it cannot be read. */
  readonly missing: DoctorCode;
  readonly unreadable: DoctorCode;
};

/**
 * Opens a file to look at it, checks that it is whole and of a format known here, and hands it on.
 * What is wrong becomes a finding: whoever asks sees everything else all the same.
 */
export function lookAt<T>(about: LookAt, look: (file: InspectedFile) => Looked<T>): Looked<T> {
  const { path, format, missing, unreadable } = about;
  const only = (code: DoctorCode, message: string): Looked<T> => {
    return { value: undefined, findings: [findingOf(code, path, message)] };
  };
  if (!existsSync(path)) return only(missing, 'the file is not there');
  let file: InspectedFile | undefined;
  try {
    file = new InspectedFile(path);
    file.hold();
    const found = file.format();
    if (found !== format) {
      return only('file.foreign_format', `it has format ${found}; this version reads ${format}`);
    }
    const faults = file.faults();
    if (faults.length === 0) return look(file);
    const said = findingOf(unreadable, path, faults.join('; '));
    return { value: undefined, findings: [said] };
  } catch (fault) {
    return only(unreadable, fault instanceof Error ? fault.message : String(fault));
  } finally {
    file?.close();
  }
}
