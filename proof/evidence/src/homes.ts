import { type ChildProcess, fork } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exited, makeHome, NodeProcess } from '@ioi/kit';
import type { Told } from './domain-work.ts';

const LIFE = fileURLToPath(new URL('./domain-life.ts', import.meta.url));
/** Compiled code, which every process would otherwise make anew: most of its start. */
const CACHES = ['cache', join('guardian', 'cache')];

/** Homes of nodes that never ran, all alike, under one folder that goes away with them. */
export class Homes {
  readonly #root: string;
  #made = 0;

  private constructor(root: string) {
    this.#root = root;
  }

  static async open(): Promise<Homes> {
    const homes = new Homes(mkdtempSync(join(tmpdir(), 'ioi-evidence-')));
    await makeHome(homes.#template, []);
    await homes.#warm();
    return homes;
  }

  fresh(): string {
    this.#made += 1;
    const home = join(this.#root, String(this.#made));
    cpSync(this.#template, home, { recursive: true });
    return home;
  }

  close(): void {
    rmSync(this.#root, { recursive: true, force: true });
  }

  get #template(): string {
    return join(this.#root, 'template');
  }

  /** Node and life run once in a home of their own, so that what they compiled can be taken. */
  async #warm(): Promise<void> {
    const home = this.fresh();
    const node = new NodeProcess(home);
    await node.ready();
    await node.stop();
    const life = startLife(home, 0);
    await new Promise<void>((resolve) => {
      life.on('message', (told: Told) => 'sealed' in told && resolve());
    });
    life.kill('SIGTERM');
    await exited(life);
    // Where the environment names a folder for it, that has it already.
    for (const cache of CACHES.filter((each) => existsSync(join(home, each)))) {
      cpSync(join(home, cache), join(this.#template, cache), { recursive: true });
    }
  }
}

/** A writer and its guardian that submit until they are killed; see domain-life.ts. */
export function startLife(home: string, life: number): ChildProcess {
  const stdio = ['ignore', 'ignore', 'inherit', 'ipc'] as const;
  return fork(LIFE, [home, String(life)], { stdio: [...stdio] });
}
