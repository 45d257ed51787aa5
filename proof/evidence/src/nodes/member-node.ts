import { execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { processesNaming, testedProgram } from '@ioi/basis/testing';

const IOI = testedProgram('apps/cli/src/main.ts');
const ANSWER_MS = 4_000;

export type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** A node of its own home, by the command itself; one of several that share a database. */
export class MemberNode {
  readonly home: string;

  constructor(folder: string, name: string) {
    this.home = join(folder, name);
  }

  /** The process that keeps it running; that of a node that was killed is none. */
  get pid(): number | undefined {
    const path = join(this.home, 'run', 'pid');
    const pid = existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0;
    return pid > 0 && existsSync(`/proc/${pid}`) ? pid : undefined;
  }

  ioi(...args: readonly string[]): Promise<Ran> {
    const env = { ...process.env, IOI_HOME: this.home };
    return new Promise((resolve) => {
      execFile(process.execPath, [IOI, ...args], { env }, (fault, stdout, stderr) => {
        resolve({ code: fault === null ? 0 : Number(fault.code), stdout, stderr });
      });
    });
  }

  /** Runs it until it is ended; it may stand by. */
  up(): void {
    const env = { ...process.env, IOI_HOME: this.home };
    spawn(process.execPath, [IOI, 'up'], { env, stdio: 'ignore' }).unref();
  }

  /** Everything it consists of, at once. */
  kill(): void {
    const { pid } = this;
    // First: it would start the others again.
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    for (const each of processesNaming(this.home)) {
      try {
        process.kill(each, 'SIGKILL');
      } catch {
        // It ended by itself meanwhile.
      }
    }
  }

  /** What its API says; undefined where nobody answers in time. */
  ask(method: 'GET' | 'POST', path: string, body?: object): Promise<Told | undefined> {
    const socketPath = join(this.home, 'run', 'daemon.sock');
    return new Promise((resolve) => {
      const headers = { 'content-type': 'application/json' };
      const options = { socketPath, method, path, headers, timeout: ANSWER_MS };
      const asked = request(options, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', () => resolve(undefined));
        answer.on('close', () => resolve(toldIn(answer.statusCode ?? 0, chunks)));
      });
      asked.on('timeout', () => asked.destroy());
      asked.on('error', () => resolve(undefined));
      asked.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** By what its daemon stopped by itself, each time, as its log says. */
  get stops(): readonly string[] {
    const path = join(this.home, 'logs', 'daemon.log');
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    return [...text.matchAll(/"message":"stopped","code":"([a-z_.]+)"/g)].map(
      ([, code]) => code ?? '',
    );
  }
}

export type Told = { readonly status: number; readonly body: Readonly<Record<string, unknown>> };

function toldIn(status: number, chunks: readonly Buffer[]): Told | undefined {
  try {
    const body = Object(JSON.parse(Buffer.concat(chunks).toString('utf8')));
    return { status, body };
  } catch {
    return undefined;
  }
}
