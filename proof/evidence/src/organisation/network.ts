import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';

export type Ran = {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
};

type Environment = Readonly<Record<string, string>>;

/** A network of its own that no other process sees; the addresses in it are nobody else's. */
const PREFIX = '10.77.0';
const BRIDGE = 'br0';
/** Nothing that is asked for takes longer, also on a machine that has other things to do. */
const LONGEST_MS = 180_000;
/** As long as whoever started it holds the other end. */
const IDLE = 'echo ready; exec cat';

/** Why no network can be made here; undefined where one can. */
export function whyNoNetwork(): string | undefined {
  if (spawnSync('ip', ['-V']).status !== 0) return 'there is no `ip` (apt-get install iproute2)';
  const tried = `ip link add ${BRIDGE} type bridge && ip link add pa type veth peer name pb`;
  const made = spawnSync('unshare', ['--net', '--mount', 'sh', '-c', tried]);
  return made.status === 0 ? undefined : 'no network namespace can be made here (as root it can)';
}

/**
 * Machines with a cable each to one switch. Machines and switch are network namespaces, which end
 * with the processes that hold them: nothing of them stays, however this run ends.
 */
export class Network {
  readonly #switch: ChildProcess;
  readonly #hosts: string;
  readonly #tells: boolean;
  readonly #machines: Machine[] = [];
  readonly #away = new Set<Machine>();

  private constructor(holder: ChildProcess, hosts: string, tells: boolean) {
    this.#switch = holder;
    this.#hosts = hosts;
    this.#tells = tells;
  }

  /**
   * `names` of each machine, by which all reach it. A network that `tells` answers for a machine
   * that is away, as a router does; one that does not is silent, and it takes long to be sure.
   */
  static async open(
    folder: string,
    names: Readonly<Record<string, readonly string[]>>,
    tells: boolean,
  ): Promise<Network> {
    const lines = Object.values(names).map((each, at) => `${addressOf(at)} ${each.join(' ')}`);
    const hosts = join(folder, 'hosts');
    writeFileSync(hosts, `127.0.0.1 localhost\n${lines.join('\n')}\n`);
    const script = `ip link add ${BRIDGE} type bridge; ip link set ${BRIDGE} up; ${IDLE}`;
    const network = new Network(await held(script), hosts, tells);
    for (const [at, name] of Object.keys(names).entries()) await network.#add(name, at);
    return network;
  }

  machine(name: string): Machine {
    const found = this.#machines.find((each) => each.name === name);
    if (found === undefined) throw new Error(`there is no machine ${name}`);
    return found;
  }

  /** What is sent to it or by it is lost from now on, as when a cable is pulled. */
  cut(name: string): void {
    const machine = this.machine(name);
    this.#port(machine, 'down');
    this.#away.add(machine);
    if (!this.#tells) return;
    machine.must('ip', 'link', 'set', 'eth0', 'down');
    for (const other of this.#machines) {
      if (!this.#away.has(other)) other.must('ip', 'route', 'add', ...unreachable(machine));
    }
  }

  heal(name: string): void {
    const machine = this.machine(name);
    if (!this.#away.delete(machine)) return;
    this.#port(machine, 'up');
    if (!this.#tells) return;
    machine.must('ip', 'link', 'set', 'eth0', 'up');
    for (const other of this.#machines) {
      if (other !== machine) other.must('ip', 'route', 'del', ...unreachable(machine));
    }
  }

  healAll(): void {
    for (const { name } of this.#machines) this.heal(name);
  }

  /** Everything that still runs in it is lost with it. */
  async close(): Promise<void> {
    const holders = [...this.#machines.map(({ holder }) => holder), this.#switch];
    for (const holder of holders) holder.kill('SIGKILL');
    await Promise.all(holders.map(exited));
  }

  async #add(name: string, at: number): Promise<void> {
    const script = `mount --bind "${this.#hosts}" /etc/hosts; ip link set lo up; ${IDLE}`;
    const holder = await held(script);
    const machine = new Machine(name, addressOf(at), holder);
    this.#machines.push(machine);
    const port = `p${at}`;
    const peer = ['type', 'veth', 'peer', 'name', 'eth0', 'netns', String(holder.pid)];
    this.#ip('link', 'add', port, ...peer);
    this.#ip('link', 'set', port, 'master', BRIDGE, 'up');
    machine.must('ip', 'addr', 'add', `${machine.address}/24`, 'dev', 'eth0');
    machine.must('ip', 'link', 'set', 'eth0', 'up');
  }

  #port(machine: Machine, state: 'up' | 'down'): void {
    this.#ip('link', 'set', `p${this.#machines.indexOf(machine)}`, state);
  }

  #ip(...words: readonly string[]): void {
    inside(this.#switch, 'ip', ...words);
  }
}

/** One machine of it: its own addresses, ports and names, on the files of this one. */
export class Machine {
  readonly name: string;
  readonly address: string;
  readonly holder: ChildProcess;

  constructor(name: string, address: string, holder: ChildProcess) {
    this.name = name;
    this.address = address;
    this.holder = holder;
  }

  /** A program there. `env` is all it has. */
  spawn(words: readonly string[], env: Environment = {}): ChildProcess {
    const [program = '', ...rest] = [...entering(this.holder), ...words];
    const whole = { PATH: process.env['PATH'] ?? '', ...env };
    return spawn(program, rest, { env: whole, stdio: ['pipe', 'pipe', 'pipe'] });
  }

  async run(words: readonly string[], env: Environment = {}): Promise<Ran> {
    const child = this.spawn(words, env);
    const timer = setTimeout(() => child.kill('SIGKILL'), LONGEST_MS);
    child.stdin?.end();
    const said = Promise.all([child.stdout, child.stderr].map((each) => (each ? text(each) : '')));
    await exited(child);
    clearTimeout(timer);
    const [stdout = '', stderr = ''] = await said;
    return { code: child.exitCode, stdout, stderr };
  }

  must(...words: readonly string[]): void {
    inside(this.holder, ...words);
  }
}

export async function exited(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

/** The first line that a program prints, or that it ended without one. */
export async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('it has no output');
  const lines = createInterface({ input: child.stdout });
  const [line] = (await Promise.race([once(lines, 'line'), once(child, 'exit')])) as unknown[];
  if (typeof line !== 'string') throw new Error(`${child.spawnargs.join(' ')} ended`);
  return line;
}

function addressOf(at: number): string {
  return `${PREFIX}.${at + 10}`;
}

function unreachable({ address }: Machine): readonly string[] {
  return ['unreachable', address];
}

async function held(script: string): Promise<ChildProcess> {
  const words = ['--net', '--mount', 'sh', '-ec', script];
  const holder = spawn('unshare', words, { stdio: ['pipe', 'pipe', 'inherit'] });
  await firstLine(holder);
  return holder;
}

function entering({ pid }: ChildProcess): readonly string[] {
  return ['nsenter', '--target', String(pid), '--net', '--mount', '--'];
}

function inside(holder: ChildProcess, ...words: readonly string[]): void {
  const [program = '', ...rest] = [...entering(holder), ...words];
  const ran = spawnSync(program, rest, { encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(`${words.join(' ')}: ${ran.stderr}`);
}
