import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until } from '@ioi/basis/testing';
import { IOI, WitnessProcess } from '@ioi/kit';
import { testCertificate } from '@ioi/law/testing';
import { Register } from '@ioi/relay-host/register';
import { bundleServer, Collector, RelayProcess } from './fleet/servers.ts';
import { SimulatedNode } from './fleet/simulated-node.ts';
import type { Report } from './report.ts';

const NODES = 100;
/** Of each node, in each of two rounds. */
const EVENTS = 1_000;
const ENTRIES = 3;

/**
 * A hundred simulated nodes on one relay, witness, bundle server and audit collector. The nodes are
 * parts of real ones in one process: what links, looks, verifies, streams and submits is theirs;
 * they have no log on disk, no guardian and no agents. Bundle server and collector are the bench's
 * own, restarted within it; relay and witness are processes, which are killed.
 */
export async function run(report: Report): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-fleet-'));
  const organisation = await Organisation.make(folder);
  const relay = new RelayProcess(join(folder, 'relay'));
  const witness = new WitnessProcess('witness.example/fleet', join(folder, 'witness'));
  const bundles = bundleServer(organisation.out);
  const collector = new Collector(join(folder, 'events'));
  const servers = { relay, witness, bundles, collector };
  await Promise.all(Object.values(servers).map((server) => server.start()));
  const places = {
    folder,
    relay: relay.address,
    bundles: bundles.url,
    keyId: organisation.keyId,
    witness: witness.url,
    collector: collector.url,
    tls: testCertificate('fleet.example.org'),
  };
  const nodes = Array.from({ length: NODES }, (_, at) => {
    return new SimulatedNode(`n${at}.fleet.example.org`, places);
  });
  try {
    const register = new Register(relay.folder);
    for (const { name, key } of nodes) register.add(name, key.keyId);
    for (const node of nodes) node.start();
    await everyNode(nodes, 'is linked', async (node) => node.isLinked);
    await everyNode(nodes, 'holds the first bundle', async (node) => node.version === '1');
    await measure(report, nodes, { organisation, collector });
    const lost = await restartAll(nodes, { ...servers, organisation });
    report.figure({
      figure: 'lost_after_restarts',
      value: lost,
      unit: '',
      target: { op: '<=', value: 0 },
    });
  } finally {
    for (const node of nodes) node.stop();
    await Promise.all([relay.kill(), witness.stop(), bundles.kill(), collector.kill()]);
    rmSync(folder, { recursive: true });
  }
}

type Measured = { readonly organisation: Organisation; readonly collector: Collector };

async function measure(
  report: Report,
  nodes: readonly SimulatedNode[],
  { organisation, collector }: Measured,
): Promise<void> {
  const published = await organisation.publish();
  await everyNode(nodes, 'holds the second bundle', async (node) => node.version === published);
  report.note(
    'nodes look every 2 s, the least that `ioi org enroll --every` takes; 5 m unless told',
  );
  report.figure({
    figure: `policy_reach_s@${NODES}`,
    value: (Date.now() - organisation.publishedAt) / 1000,
    unit: 's',
    target: { op: '<=', value: 5 },
  });
  const told = performance.now();
  await Promise.all(nodes.map((node) => node.tell(EVENTS)));
  const seconds = (performance.now() - told) / 1000;
  report.note(
    `${collector.taken().size} events that waited, in ${seconds.toFixed(1)} s, cursors flushed`,
  );
  report.figure({
    figure: 'audit_events_per_s',
    value: collector.taken().size / seconds,
    unit: '1/s',
    target: { op: '>=', value: 10_000 },
  });
}

type Fleet = Measured & {
  readonly relay: RelayProcess;
  readonly witness: WitnessProcess;
  readonly bundles: ReturnType<typeof bundleServer>;
};

/** Takes every server away while it is used. How much of what it took, or carries, is lost. */
async function restartAll(nodes: readonly SimulatedNode[], fleet: Fleet): Promise<number> {
  const { relay, witness, bundles, collector, organisation } = fleet;
  await everyNode(nodes, 'is cosigned', (node) => node.checkpoint(ENTRIES));
  const telling = Promise.all(nodes.map((node) => node.tell(EVENTS)));
  await Promise.all([relay.kill(), witness.stop(), bundles.kill(), collector.kill()]);
  const published = await organisation.publish();
  await Promise.all([relay.start(), witness.start(), bundles.start(), collector.start()]);
  await everyNode(nodes, 'is linked again', async (node) => node.isLinked);
  await everyNode(nodes, 'holds the third bundle', async (node) => node.version === published);
  await telling;
  const taken = collector.taken().size;
  const told = nodes.reduce((sum, { events }) => sum + events, 0);
  const forgotten = await count(nodes, async (node) => !(await node.isRemembered()));
  await everyNode(nodes, 'is cosigned further', (node) => node.checkpoint(ENTRIES));
  const unreached = await count(nodes, async (node) => !(await node.isReached()));
  return told - taken + forgotten + unreached;
}

async function everyNode(
  nodes: readonly SimulatedNode[],
  what: string,
  isSo: (node: SimulatedNode) => Promise<boolean>,
): Promise<void> {
  await Promise.all(nodes.map((node) => until(`${node.name} ${what}`, () => isSo(node))));
}

async function count(
  nodes: readonly SimulatedNode[],
  isOne: (node: SimulatedNode) => Promise<boolean>,
): Promise<number> {
  const each = await Promise.all(nodes.map(isOne));
  return each.filter(Boolean).length;
}

/** An organisation that publishes by the command, as any does. */
class Organisation {
  readonly out: string;
  keyId = '';
  readonly #folder: string;
  readonly #passphrase: string;
  #version = 0;

  private constructor(folder: string) {
    this.#folder = join(folder, 'rules');
    this.out = join(folder, 'public');
    this.#passphrase = join(folder, 'passphrase');
    mkdirSync(this.out);
    writeFileSync(this.#passphrase, 'correct horse battery\n', { mode: 0o600 });
  }

  static async make(folder: string): Promise<Organisation> {
    const made = new Organisation(folder);
    const said = await made.#ioi('init', made.#folder, '--as', 'org://fleet');
    made.keyId = (JSON.parse(said) as { key_id: string }).key_id;
    await made.publish();
    return made;
  }

  /** When nodes could see what was published last. */
  get publishedAt(): number {
    return statSync(join(this.out, 'ioi-organisation.json')).mtimeMs;
  }

  /** Its next version, with a rule more. Meanwhile nodes go on looking. */
  async publish(): Promise<string> {
    this.#version += 1;
    const path = join(this.#folder, 'policy.json');
    const policy = JSON.parse(readFileSync(path, 'utf8')) as { rules: object[] };
    const rule = { rule_id: `read_${this.#version}`, target: 'fs::read', action: 'ALLOW' };
    const conditions = { allow_paths: [`/srv/${this.#version}`] };
    const rules = [...policy.rules, { ...rule, conditions }];
    writeFileSync(path, JSON.stringify({ ...policy, rules }));
    await this.#ioi('publish', this.#folder, '--out', this.out);
    return String(this.#version);
  }

  async #ioi(...args: string[]): Promise<string> {
    const flags = ['--passphrase-file', this.#passphrase, '--json'];
    return (await execute(process.execPath, [IOI, 'org', ...args, ...flags])).stdout;
  }
}

const execute = promisify(execFile);
