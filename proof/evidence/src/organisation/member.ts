import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { until } from '@ioi/basis/testing';
import { type Answer, ask, IOI, McpPeer, PASSPHRASE, type Waiting } from '@ioi/kit';
import type { NodeStatus, OrganisationPage } from '@ioi/protocol';
import type { Machine, Ran } from './network.ts';

/** On each machine the port at which people sign in. */
const PEOPLE_PORT = 4750;

/** One node of the organisation, made and moved by the command alone, on a machine of its own. */
export class Member {
  readonly machine: Machine;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly #home: string;
  #agent: McpPeer | undefined;
  #acts = 0;

  constructor(machine: Machine, folder: string, trusted: string) {
    this.machine = machine;
    this.folder = folder;
    this.#home = join(folder, 'home');
    for (const name of ['workspace', 'ada']) mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, 'passphrase'), `${PASSPHRASE}\n`, { mode: 0o600 });
    this.env = {
      ...{ HOME: folder, IOI_HOME: this.#home, IOI_NOTIFY: 'off', NO_COLOR: '1' },
      NODE_EXTRA_CA_CERTS: trusted,
    };
  }

  get name(): string {
    return this.machine.name;
  }

  get withPassphrase(): readonly string[] {
    return ['--passphrase-file', join(this.folder, 'passphrase')];
  }

  get peoplePage(): string {
    return `http://127.0.0.1:${PEOPLE_PORT}`;
  }

  file(name: string): string {
    return join(this.folder, 'workspace', name);
  }

  async make(): Promise<void> {
    await this.good('init', '--workspace', join(this.folder, 'workspace'), ...this.withPassphrase);
    const path = join(this.#home, 'node.json');
    const config = JSON.parse(readFileSync(path, 'utf8')) as object;
    writeFileSync(path, JSON.stringify({ ...config, people: { port: PEOPLE_PORT } }));
    await this.good('up', '--detach');
    await this.good('policy', 'activate', join(this.#home, 'policy.json'), ...this.withPassphrase);
  }

  /** What an organisation names is asked from the next start on. */
  async restart(): Promise<void> {
    this.#agent?.close();
    this.#agent = undefined;
    await this.good('down');
    await this.good('up', '--detach');
  }

  async stop(): Promise<void> {
    this.#agent?.close();
    await this.ioi('down');
  }

  ioi(...args: readonly string[]): Promise<Ran> {
    return this.machine.run([process.execPath, IOI, ...args], this.env);
  }

  /** As somebody else on that machine, who has a folder of their own. */
  ioiAs(person: string): readonly [words: readonly string[], env: Member['env']] {
    return [[process.execPath, IOI], { ...this.env, IOI_HOME: join(this.folder, person) }];
  }

  async good(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.ioi(...args);
    if (code === 0) return stdout;
    throw new Error(`${this.name}: ioi ${args.join(' ')} ended with ${code}: ${stderr}`);
  }

  /** The code of what was refused, or nothing. */
  async refusal(...args: readonly string[]): Promise<string | undefined> {
    const { code, stderr } = await this.ioi(...args, '--json');
    if (code === 0) return undefined;
    const [, said] = /"code":\s*"([a-z_.]+)"/.exec(stderr) ?? [];
    return said ?? stderr;
  }

  async status(): Promise<NodeStatus> {
    return (await this.#ask('daemon', 'GET', '/v1/status')).body as unknown as NodeStatus;
  }

  async organisation(): Promise<OrganisationPage> {
    return (await this.#ask('daemon', 'GET', '/v1/organisation')).body as OrganisationPage;
  }

  async version(): Promise<number> {
    return Number((await this.organisation()).organisation?.bundle?.version ?? 0);
  }

  /** `linked`, `away`, or nothing where no relay carries for it. */
  async link(): Promise<string | undefined> {
    const { body } = await this.#ask('guardian', 'GET', '/listener');
    return (body['relay'] as { readonly state?: string } | undefined)?.state;
  }

  async pending(): Promise<readonly Waiting[]> {
    const { body } = await this.#ask('guardian', 'GET', '/pending');
    return (body['pending'] ?? []) as Waiting[];
  }

  waiting(): Promise<Waiting> {
    return until(`something waits at ${this.name}`, async () => (await this.pending())[0]);
  }

  /** By an agent: a new file. The code it is told, `undefined` where it was done. */
  write(): Promise<string | undefined> {
    this.#acts += 1;
    return this.call('write_file', { path: this.file(`act-${this.#acts}`), content: 'done\n' });
  }

  async call(tool: string, given: object): Promise<string | undefined> {
    const { result, error } = await (await this.#connected()).call(tool, given);
    if (error !== undefined) return error.message;
    const meta = result?.['_meta'] as Readonly<Record<string, string>> | undefined;
    return result?.['isError'] === true
      ? (meta?.['ioi/code'] ?? JSON.stringify(result))
      : undefined;
  }

  async #connected(): Promise<McpPeer> {
    if (this.#agent !== undefined) return this.#agent;
    const socket = connect(this.#socket('mcp'));
    const agent = new McpPeer({ input: socket, output: socket });
    await agent.initialize();
    this.#agent = agent;
    return agent;
  }

  #ask(door: 'daemon' | 'guardian', method: string, path: string): Promise<Answer> {
    return ask({ method, path, agent: false, socketPath: this.#socket(door) });
  }

  #socket(name: string): string {
    return join(this.#home, 'run', `${name}.sock`);
  }
}
