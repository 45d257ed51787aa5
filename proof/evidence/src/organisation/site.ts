import { type ChildProcess, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { testedProgram, until } from '@ioi/basis/testing';
import { PEOPLE_CLIENT_ID } from '@ioi/cli/testing/identity-provider';
import { IOI, PASSPHRASE } from '@ioi/kit';
import { testCertificate } from '@ioi/law/testing';
import { Member } from './member.ts';
import { exited, firstLine, type Machine, Network } from './network.ts';

export const SERVER = fileURLToPath(new URL('./server.ts', import.meta.url));
const RELAY = testedProgram('hosts/relay/src/main.ts');
const WITNESS = testedProgram('hosts/witness/src/main.ts');
const RELAY_PORT = 8443;
const WITNESS_PORT = 8470;
const DOMAIN = 'example.org';
const CERTIFIED = ['rules', 'login', 'siem'] as const;

/** What the organisation lets every node do, at most, and until when without a newer word. */
export type Terms = {
  readonly writes: boolean;
  readonly max_age?: string;
  readonly stale?: string;
};

/** A program on a machine of its own that can be killed and comes back as it was. */
class Server {
  readonly machine: Machine;
  readonly #words: readonly string[];
  readonly #env: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;

  constructor(machine: Machine, words: readonly string[], env = {}) {
    this.machine = machine;
    this.#words = words;
    this.#env = env;
  }

  async start(): Promise<void> {
    this.#child = this.machine.spawn([process.execPath, ...this.#words], this.#env);
    this.#child.stderr?.resume();
    await firstLine(this.#child);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    child.kill('SIGKILL');
    await exited(child);
  }
}

/** The organisation: its servers and nodes, each on a machine of its own, on one network. */
export class Site {
  readonly network: Network;
  readonly members: readonly Member[];
  readonly servers: Readonly<Record<'rules' | 'witness' | 'relay' | 'login' | 'siem', Server>>;
  readonly events: string;
  /** What is cut off is silent, and what nodes notice only after a minute is waited for. */
  readonly isPatient: boolean;
  readonly #folder: string;
  readonly #streams: ChildProcess[] = [];
  #witnessKeys: readonly string[] = [];
  #published = 0;

  private constructor(
    network: Network,
    folder: string,
    names: readonly string[],
    isPatient: boolean,
  ) {
    this.network = network;
    this.#folder = folder;
    this.isPatient = isPatient;
    this.events = this.at('events');
    writeFileSync(this.events, '');
    this.members = names.map((name) => {
      return new Member(network.machine(name), this.at(name), this.at('trusted.pem'));
    });
    const on = (name: string, words: readonly string[]): Server => {
      return new Server(network.machine(name), words);
    };
    const tls = (name: string): string[] => ['cert', 'key'].map((kind) => this.#pem(name, kind));
    const relay = ['serve', this.at('relay'), `0.0.0.0:${RELAY_PORT}`];
    const witness = ['serve', this.at('witness'), `0.0.0.0:${WITNESS_PORT}`];
    this.servers = {
      rules: on('rules', [SERVER, 'bundles', this.at('public'), ...tls('rules')]),
      login: on('login', [SERVER, 'provider', this.issuer, ...tls('login')]),
      siem: on('siem', [SERVER, 'collector', this.events, ...tls('siem')]),
      relay: on('relay', [RELAY, ...relay, `relay.${DOMAIN}:${RELAY_PORT}`]),
      witness: on('witness', [WITNESS, ...witness, '--trust-on-first-use']),
    };
  }

  static async open(folder: string, count: number, isPatient: boolean): Promise<Site> {
    const names = Array.from({ length: count }, (_, at) => `node${at + 1}`);
    const carried = names.map((name) => `${name}.relay.${DOMAIN}`);
    const own = [...CERTIFIED, 'witness', 'office', ...names];
    const machines = {
      ...Object.fromEntries(own.map((name) => [name, [`${name}.${DOMAIN}`]])),
      relay: [`relay.${DOMAIN}`, ...carried],
    };
    const network = await Network.open(folder, machines, !isPatient);
    const site = new Site(network, folder, names, isPatient);
    for (const name of ['public', 'workspace']) mkdirSync(site.at(name));
    const hosts = [...CERTIFIED.map((name) => `${name}.${DOMAIN}`), ...carried];
    for (const host of hosts) {
      const { cert, key } = testCertificate(host);
      writeFileSync(site.#pemOf(host, 'cert'), cert);
      writeFileSync(site.#pemOf(host, 'key'), key);
    }
    const servers = CERTIFIED.map((name) => readFileSync(site.#pem(name, 'cert'), 'utf8'));
    writeFileSync(site.at('trusted.pem'), servers.join(''));
    return site;
  }

  get issuer(): string {
    return `https://login.${DOMAIN}`;
  }

  get published(): number {
    return this.#published;
  }

  at(...path: readonly string[]): string {
    return join(this.#folder, ...path);
  }

  /** Servers first, then the organisation, then its nodes, until all of them follow it. */
  async start(): Promise<void> {
    const made = spawnSync(process.execPath, [WITNESS, 'init', this.at('witness'), 'w.example'], {
      encoding: 'utf8',
    });
    this.#witnessKeys = (JSON.parse(made.stdout) as { keys: string[] }).keys;
    await Promise.all(Object.values(this.servers).map((server) => server.start()));
    writeFileSync(this.at('passphrase'), `${PASSPHRASE}\n`, { mode: 0o600 });
    const said = await this.#office('org', 'init', this.at('rules'), '--as', 'org://example');
    const { key_id } = JSON.parse(said) as { key_id: string };
    await this.publish({ writes: true });
    await Promise.all(this.members.map((member) => this.#enrol(member, key_id)));
  }

  /** The next version of the rules, which replaces what is served. */
  async publish({ writes, ...age }: Terms): Promise<number> {
    const verbs = ['read', 'list', 'stat', 'search', 'mkdir', ...(writes ? ['write'] : [])];
    const rules = verbs.map((verb) => {
      return { rule_id: verb, target: `fs::${verb}`, conditions: {}, action: 'ALLOW' };
    });
    const policy = { policy_id: 'ceiling', defaults: 'deny_all', rules };
    const url = `http://witness.${DOMAIN}:${WITNESS_PORT}`;
    const about = {
      ...{ organisation_id: 'org://example', layers: ['policy.json'], max_age: '30d', ...age },
      witnesses: [{ name: 'elsewhere', url, key: this.#witnessKeys, required: false }],
      roles: {
        ...{ issuer: this.issuer, client_id: PEOPLE_CLIENT_ID, scope: 'openid groups' },
        groups: { audit: 'auditor', ops: 'operator' },
      },
    };
    writeFileSync(this.at('rules', 'policy.json'), JSON.stringify(policy));
    writeFileSync(this.at('rules', 'organisation.json'), JSON.stringify(about));
    await this.#office('org', 'publish', this.at('rules'), '--out', this.at('public'));
    this.#published += 1;
    copyFileSync(this.#publication, this.at(`version-${this.#published}.json`));
    return this.#published;
  }

  /** Whoever serves the rules serves another version of them. */
  serve(version: number): void {
    copyFileSync(this.at(`version-${version}.json`), this.#publication);
  }

  /** What an approver elsewhere sees of the page of a node, or why nothing. */
  async seenOverRelay(member: Member): Promise<string> {
    const name = `${member.name}.relay.${DOMAIN}`;
    const asked = [SERVER, 'approver', name, String(RELAY_PORT), this.#pemOf(name, 'cert')];
    const { stdout, stderr } = await this.network
      .machine('office')
      .run([process.execPath, ...asked]);
    return stdout.trim() === '' ? stderr : stdout.trim();
  }

  get #publication(): string {
    return this.at('public', 'ioi-organisation.json');
  }

  async close(): Promise<void> {
    for (const stream of this.#streams) stream.kill('SIGKILL');
    await Promise.all(this.members.map((member) => member.stop()));
    await Promise.all(Object.values(this.servers).map((server) => server.kill()));
    await this.network.close();
  }

  async #enrol(member: Member, keyId: string): Promise<void> {
    await member.make();
    const rules = `https://rules.${DOMAIN}/rules`;
    const enrol = ['org', 'enroll', rules, '--key', keyId, '--every', '2s'];
    await member.good(...enrol, ...member.withPassphrase);
    const name = `${member.name}.relay.${DOMAIN}`;
    const join = ['relay', 'join', `relay.${DOMAIN}:${RELAY_PORT}`, '--name', name, '--json'];
    const { key_id } = JSON.parse(await member.good(...join)) as { key_id: string };
    await this.#office('relay', 'add', name, key_id, '--data', this.at('relay'));
    const files = ['cert', 'key'].flatMap((kind) => [`--${kind}`, this.#pemOf(name, kind)]);
    await member.good('approver', 'listen', '--relay', ...files, ...member.withPassphrase);
    await member.restart();
    await until(`${member.name} is linked`, async () => (await member.link()) === 'linked');
    const stream = ['audit', 'stream', `https://siem.${DOMAIN}/ioi`, '--name', 'siem'];
    const child = member.machine.spawn([process.execPath, IOI, ...stream], member.env);
    for (const output of [child.stdout, child.stderr]) output?.resume();
    this.#streams.push(child);
  }

  async #office(...args: readonly string[]): Promise<string> {
    const [command = ''] = args;
    const signing = command === 'org' ? ['--passphrase-file', this.at('passphrase')] : [];
    const words = [process.execPath, IOI, ...args, ...signing, '--json'];
    const env = { HOME: this.#folder, NODE_EXTRA_CA_CERTS: this.at('trusted.pem') };
    const { code, stdout, stderr } = await this.network.machine('office').run(words, env);
    if (code === 0) return stdout;
    throw new Error(`ioi ${args.join(' ')} ended with ${code}: ${stderr}`);
  }

  #pem(name: string, kind: string): string {
    return this.#pemOf(`${name}.${DOMAIN}`, kind);
  }

  #pemOf(host: string, kind: string): string {
    return this.at(`${host}.${kind}.pem`);
  }
}
