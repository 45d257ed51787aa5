import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Digest, digestBytes } from '@ioi/canon';

/** As they were written, byte for byte. */
export type KeptWorkflow = {
  readonly name: string;
  readonly text: string;
  readonly digest: Digest;
};

const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;
const ENDING = '.json';
const MOST = 256;

/** Workflows of this node, each in a file under its name. They are drafts: no log has them. */
export class WorkflowFolder {
  readonly #folder: () => string;

  constructor(folder: () => string) {
    this.#folder = folder;
  }

  static isName(text: string): boolean {
    return NAME.test(text);
  }

  list(): readonly KeptWorkflow[] {
    return this.#names().flatMap((name) => this.read(name) ?? []);
  }

  /** Undefined where none is kept under the name. */
  read(name: string): KeptWorkflow | undefined {
    if (!WorkflowFolder.isName(name)) return undefined;
    try {
      const bytes = readFileSync(this.#path(name));
      return { name, text: bytes.toString('utf8'), digest: digestBytes(bytes) };
    } catch (fault) {
      if ((fault as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw fault;
    }
  }

  /** Whole or not at all; false where there are as many as are kept. */
  save(name: string, text: string): boolean {
    const names = this.#names();
    if (!names.includes(name) && names.length >= MOST) return false;
    mkdirSync(this.#folder(), { recursive: true, mode: 0o700 });
    const path = this.#path(name);
    writeFileSync(`${path}.new`, text, { flush: true, mode: 0o600 });
    renameSync(`${path}.new`, path);
    return true;
  }

  remove(name: string): void {
    rmSync(this.#path(name), { force: true });
  }

  #path(name: string): string {
    return join(this.#folder(), `${name}${ENDING}`);
  }

  #names(): string[] {
    try {
      const files = readdirSync(this.#folder()).filter((file) => file.endsWith(ENDING));
      const names = files.map((file) => file.slice(0, -ENDING.length));
      return names.filter((name) => WorkflowFolder.isName(name)).sort();
    } catch (fault) {
      if ((fault as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw fault;
    }
  }
}
