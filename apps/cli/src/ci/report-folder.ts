import { lstatSync, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CommandFault } from '../shell/fault.ts';

/**
 * Where a job leaves its reports: a place that the program may have written to, too. When it is
 * opened the program is gone, and nothing that it left there is followed.
 */
export class ReportFolder {
  readonly path: string;
  readonly #above: string;

  constructor(path: string) {
    this.path = path;
    mkdirSync(dirname(path), { recursive: true });
    this.#above = realpathSync(dirname(path));
  }

  open(): void {
    if (!isFolder(dirname(this.path)) || realpathSync(dirname(this.path)) !== this.#above) {
      throw new CommandFault({
        exit: 'blocked',
        code: 'ci.reports_moved',
        message: `the program put something else in the place of ${dirname(this.path)}`,
        next: '--out FOLDER, above which the program may not write',
      });
    }
    if (!isFolder(this.path)) rmSync(this.path, { force: true });
    mkdirSync(this.path, { recursive: true });
  }

  /** Where a report of that name goes; nothing is there. */
  placeOf(name: string): string {
    const path = join(this.path, name);
    rmSync(path, { recursive: true, force: true });
    return path;
  }

  write(name: string, text: string): void {
    writeFileSync(this.placeOf(name), text, { flag: 'wx' });
  }
}

/** Itself, and no link to one. */
function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
