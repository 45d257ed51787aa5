import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { testedProgram } from '@ioi/basis/testing';

export type Ran = {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
};

export type RunOptions = {
  /** The whole environment; nothing is inherited but the folder of compiled code. */
  readonly env?: Readonly<Record<string, string>>;
  /** Standard input; ends at once when undefined. */
  readonly input?: string;
  readonly cwd?: string;
};

/** The command, started by `process.execPath`. */
export const IOI: string = testedProgram('apps/cli/src/main.ts');

/** One that never ends fails its test, and does not hold up all others. */
const LONGEST_MS = 300_000;

/** One `ioi` command in a process of its own, to its end. */
export async function runIoi(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const child = spawn(process.execPath, [IOI, ...args], {
    env: { ...compileCache(), ...options.env },
    cwd: options.cwd,
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: LONGEST_MS,
  });
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  const said = Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await once(child, 'exit')) as [number | null];
  const [stdout, stderr] = await said;
  return { code, stdout, stderr };
}

/** One that goes on until it is stopped. */
export class RunningIoi {
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';

  constructor(t: TestContext, args: readonly string[], { env, cwd }: RunOptions) {
    this.#child = spawn(process.execPath, [IOI, ...args], {
      env: { ...compileCache(), ...env },
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LONGEST_MS,
    });
    killedAfter(t, this.#child);
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.#stdout += chunk.toString('utf8');
    });
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr += chunk.toString('utf8');
    });
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  async stop(signal: NodeJS.Signals): Promise<Ran> {
    const closed = once(this.#child, 'close');
    this.#child.kill(signal);
    const [code] = (await closed) as [number | null];
    return { code, stdout: this.#stdout, stderr: this.#stderr };
  }
}

/** What a run of tests compiled once it does not compile again for each new node. */
function compileCache(): Readonly<Record<string, string>> {
  const folder = process.env['NODE_COMPILE_CACHE'];
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: folder };
}

/** A test that fails must not leave what it started: the run would wait for it. */
export function killedAfter(t: TestContext, child: ChildProcess): void {
  t.after(() => void child.kill('SIGKILL'));
}

/** A new folder; removed by the caller. Its real path, since policies hold real paths. */
export function newFolder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), 'ioi-cli-')));
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
