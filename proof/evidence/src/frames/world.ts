import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { encodeUtf8 } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import { type Era, makeHome, NodeProcess, OPEN_HTTP } from '@ioi/kit';
import { draftContract } from '@ioi/law';
import { verify } from '@ioi/verifier';
import { outcomesIn } from '../audit.ts';
import { type Evidence, sleep } from '../evidence.ts';
import { exportOf } from '../export-of.ts';

const SERVER = fileURLToPath(new URL('./ledger-upstream.ts', import.meta.url));

const POLICY = JSON.stringify({
  policy_id: 'frames',
  rules: [{ target: 'mcp::ledger::append', conditions: {}, action: 'ALLOW' }],
});

/** More than this over a whole life is no cache that fills, in bytes. */
const MOST_GROWTH = 768 * 1024 * 1024;

export type Upstream = {
  readonly transport: 'stdio' | 'http';
  readonly era: Era;
  /** Wrong frames ahead of each answer. */
  readonly noise: number;
  readonly seed: number;
};

/** A node in front of one server with countable effects. */
export class World {
  readonly node: NodeProcess;
  readonly #home: string;
  readonly #era: Era;
  readonly #server: ChildProcess | undefined;
  readonly #memory: number;

  private constructor(node: NodeProcess, era: Era, server?: ChildProcess) {
    this.node = node;
    this.#era = era;
    this.#home = node.home;
    this.#server = server;
    this.#memory = memoryOf(node);
  }

  static async open({ transport, era, noise, seed }: Upstream): Promise<World> {
    const home = mkdtempSync(join(tmpdir(), 'ioi-frames-'));
    const ledger = join(home, 'ledger.txt');
    writeFileSync(ledger, '');
    const args = [SERVER, ledger, transport, era, String(noise), String(seed)];
    const remote = transport === 'http' ? await listening(args) : undefined;
    const where = remote ? { url: remote.url } : { command: process.execPath, args };
    const server = { name: 'ledger', ...where, contracts: [appendContract()] };
    await makeHome(home, [server], [], OPEN_HTTP);
    const node = new NodeProcess(home);
    await node.ready();
    const activated = await node.activate(POLICY);
    if (activated.status !== 200) throw new Error(JSON.stringify(activated.body));
    return new World(node, era, remote?.child);
  }

  /** Frames the server sent ahead of its answers. */
  noise(): number {
    return this.#calls().reduce((sum, line) => sum + Number(line.split(' ', 1)[0]), 0);
  }

  /** Of 2026-07-28, a call the server answers with a question comes again, and is the same act. */
  #effects(): number {
    const calls = this.#calls();
    return this.#era === 'stateful' ? calls.length : new Set(calls).size;
  }

  #calls(): readonly string[] {
    const lines = readFileSync(join(this.#home, 'ledger.txt'), 'utf8').split('\n');
    return lines.filter((line) => line !== '');
  }

  /** Holds what happened outside against the log, and ends everything. */
  async close(): Promise<Evidence> {
    const findings: string[] = [];
    const grown = memoryOf(this.node) - this.#memory;
    if (grown > MOST_GROWTH) findings.push(`the node grew by ${grown} bytes`);
    try {
      if (hasEnded(this.node)) findings.push('the node ended');
      const text = await this.#settled();
      for (const each of verify([encodeUtf8(text)]).findings) {
        findings.push(`verifier: ${JSON.stringify(each)}`);
      }
      const effects = this.#effects();
      const outcomes = outcomesIn(text);
      findings.push(...unaccounted(effects, outcomes));
      const refused = text.split('"operation":"boundary/action.refuse"').length - 1;
      const counts = { effects, committed: outcomes.length, refused };
      return { findings, counts };
    } finally {
      await this.node.stop();
      this.node.removeHome();
      this.#server?.kill();
    }
  }

  /** The log, once what was under way at the end has its receipt, or has none for long. */
  async #settled(): Promise<string> {
    let text = await exportOf(this.node);
    for (let again = 0; again < 40 && outcomesIn(text).includes(undefined); again += 1) {
      await sleep(250);
      text = await exportOf(this.node);
    }
    return text;
  }

  /** Bytes the node's processes hold: at first, now. */
  memory(): readonly [number, number] {
    return [this.#memory, memoryOf(this.node)];
  }
}

/** Each effect has a sealed record before it and a receipt after it, and each receipt an effect. */
function unaccounted(effects: number, outcomes: readonly (string | undefined)[]): string[] {
  const count = (wanted: string | undefined) => outcomes.filter((each) => each === wanted).length;
  const findings: string[] = [];
  const open = count(undefined);
  if (open > 0) findings.push(`${open} acts were committed and have no receipt`);
  const most = outcomes.length - count('failed_before_effect');
  if (effects > most) findings.push(`${effects} effects, of which ${most} are receipted`);
  const least = count('completed');
  if (effects < least) findings.push(`${least} are receipted as completed, ${effects} happened`);
  return findings;
}

function hasEnded({ daemon, guardian }: NodeProcess): boolean {
  return [daemon, guardian].some(({ exitCode, signalCode }) => exitCode !== null || signalCode);
}

/** Zero where the system does not tell (other than Linux), or the process is gone. */
function memoryOf({ daemon, guardian }: NodeProcess): number {
  const held = [daemon, guardian].map(({ pid }) => {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
    } catch {
      return 0;
    }
  });
  return held.reduce((sum, each) => sum + each, 0);
}

async function listening(args: readonly string[]): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return { child, url: (JSON.parse(String(line)) as { url: string }).url };
}

function appendContract() {
  const inputSchema = { type: 'object', properties: { id: { type: 'string' } } };
  const hash = digestOf(inputSchema);
  if (!hash.ok) throw new Error(hash.error.message);
  const drafted = draftContract({
    server: 'ledger',
    tool: 'append',
    inputSchema,
    schemaHash: hash.value,
  });
  return { ...drafted, limits: { timeout_ms: 5_000, output_bytes: 65_536 } };
}
