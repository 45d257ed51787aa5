import { readFileSync } from 'node:fs';
import { encodeUtf8 } from '@ioi/basis';
import { type Answers, type Machine, McpPeer, type Message, type Ran } from '@ioi/kit';
import { type VerificationReport, verify } from '@ioi/verifier';
import type { Guide } from './guide.ts';
import type { Releases } from './releases.ts';
import { SealedLog } from './sealed-log.ts';

export const PASSPHRASE = 'correct horse battery';
const LONGEST_MS = 120_000;

type Verified = Extract<VerificationReport, { ok: true }>['summary'];

/** Somebody with a node: at a machine, with what was written down, and an agent. */
export class Owner {
  readonly guide: Guide;
  readonly releases: Releases;
  readonly #nextMachine: () => Machine;
  machine: Machine;
  agent: McpPeer | undefined;
  /** On paper: the phrase, ids, what was read elsewhere. */
  readonly notes = new Map<string, string>();

  constructor(nextMachine: () => Machine, guide: Guide, releases: Releases) {
    this.#nextMachine = nextMachine;
    this.machine = nextMachine();
    this.guide = guide;
    this.releases = releases;
  }

  note(name: string): string {
    const noted = this.notes.get(name);
    if (noted === undefined) throw new Error(`nobody wrote down ${name}`);
    return noted;
  }

  /** The machine is lost, with all on it; another one is bought. */
  anotherMachine(): void {
    this.machine.lose();
    this.machine = this.#nextMachine();
  }

  async ioi(...args: readonly string[]): Promise<string> {
    return good(args.join(' '), await this.machine.run('ioi', ...args));
  }

  async told(...args: readonly string[]): Promise<unknown> {
    return JSON.parse(await this.ioi(...args, '--json'));
  }

  async line(line: string): Promise<string> {
    return good(line, await this.machine.shell(line));
  }

  /** At a terminal, with the passphrase where it is asked for. */
  async signed(line: string, answers: Answers = [[/Passphrase: $/, PASSPHRASE]]): Promise<string> {
    return good(line, await this.machine.typed(line, answers));
  }

  /** The log as it is exported now, judged by the verifier of this process and read by line. */
  async log(): Promise<SealedLog> {
    const name = 'now.ioi';
    await this.ioi('export', '--out', name, '--force');
    return new SealedLog(readFileSync(this.machine.at(name), 'utf8'));
  }

  /** An agent as its settings say: it starts what they name, with the environment they name. */
  async startAgent(settings: string, name: string): Promise<void> {
    const text = readFileSync(this.machine.at(settings), 'utf8').replace(/^ *\/\/.*$/gm, '');
    const { mcpServers } = JSON.parse(text);
    const { command, args, env } = mcpServers[name] as {
      command: string;
      args: string[];
      env: Record<string, string>;
    };
    const named = Object.entries(env).map(([key, value]) => `${key}=${value}`);
    const child = this.machine.spawn(['env', ...named, command, ...args]);
    if (child.stdout === null || child.stdin === null) throw new Error('no streams');
    this.agent = new McpPeer({ input: child.stdout, output: child.stdin });
    await within(this.agent.initialize(), 'the agent is not answered');
  }

  call(tool: string, given: object): Promise<Message> {
    if (this.agent === undefined) throw new Error('there is no agent');
    const answered = within(this.agent.call(tool, given), `${tool} is not answered`);
    // A step that fails meanwhile waits for it no more.
    answered.catch(() => {});
    return answered;
  }
}

export function verified(log: SealedLog): Verified {
  const report = verify([encodeUtf8(log.text)]);
  if (report.ok) return report.summary;
  throw new Error(`the log does not verify: ${JSON.stringify(report.findings[0])}`);
}

export function good(what: string, { code, stdout, stderr }: Ran): string {
  if (code === 0 && !stderr.includes('it never asked')) return stdout;
  const [said = ''] = [stderr, stdout].filter((each) => each.trim() !== '');
  throw new Error(`\`${what}\` ended with ${code}: ${said.trim().split('\n').slice(-3).join(' ')}`);
}

/** Says why where something is not as it should be. */
export function hold(isSo: boolean, otherwise: string): void {
  if (!isSo) throw new Error(otherwise);
}

async function within<T>(answer: Promise<T>, otherwise: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error(otherwise)), LONGEST_MS);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
