import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Table } from '@ioi/agentgres';
import { canonicalJson, digestBytes, parseStrict } from '@ioi/canon';

const FILE = /^[0-9a-f]{64}\.json$/;

/** Definitions of this node's own, each in a file named by its hash. */
export class DefinitionFolder {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** Whatever is still what its name says. */
  load(): unknown[] {
    return this.#names().flatMap((name) => {
      const bytes = readFileSync(join(this.#folder, name));
      const parsed = parseStrict(bytes);
      const isWhole = digestBytes(bytes) === `sha256:${name.slice(0, 64)}`;
      return isWhole && parsed.ok ? [parsed.value] : [];
    });
  }

  /** Whole or not at all; one definition a name. */
  save({ definition, hash }: Table): void {
    const text = canonicalJson(definition);
    if (!text.ok) throw new Error(text.error.message);
    const path = this.#path(hash);
    writeFileSync(`${path}.new`, text.value, { flush: true, mode: 0o600 });
    renameSync(`${path}.new`, path);
  }

  remove(hash: string): void {
    rmSync(this.#path(hash), { force: true });
  }

  #path(hash: string): string {
    return join(this.#folder, `${hash.slice('sha256:'.length)}.json`);
  }

  #names(): string[] {
    return readdirSync(this.#folder).filter((name) => FILE.test(name));
  }
}
