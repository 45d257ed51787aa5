import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { testedProgram } from '@ioi/basis/testing';

const WITNESS = testedProgram('hosts/witness/src/main.ts');

/** What a witness says of itself when it is made, and again when it listens. */
export type WitnessSaid = { readonly name: string; readonly keys: readonly string[] };

/** A witness in a process and a folder of its own, on one port for all its lives. */
export class WitnessProcess {
  readonly folder: string;
  readonly said: WitnessSaid;
  #child: ChildProcess | undefined;
  #port = 0;

  constructor(name: string, folder = mkdtempSync(join(tmpdir(), 'ioi-witness-'))) {
    this.folder = folder;
    const made = spawnSync(process.execPath, [WITNESS, 'init', folder, name], { encoding: 'utf8' });
    if (made.status !== 0) throw new Error(made.stderr);
    this.said = JSON.parse(made.stdout) as WitnessSaid;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** As node.json names it. */
  config(name: string, required = false): object {
    return { name, url: this.url, key: this.said.keys, required };
  }

  async start(): Promise<void> {
    const listen = `127.0.0.1:${this.#port}`;
    const flags = ['serve', this.folder, listen, '--trust-on-first-use'];
    const child = spawn(process.execPath, [WITNESS, ...flags], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    const lines = createInterface({ input: child.stdout });
    const first = (await Promise.race([once(lines, 'line'), once(child, 'exit')])) as unknown[];
    if (typeof first[0] !== 'string') throw new Error('the witness did not start');
    this.#port = Number(new URL((JSON.parse(first[0]) as { url: string }).url).port);
  }

  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }
}
