import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PatroniCluster } from '@ioi/agentgres/testing';
import { Cable, endingWithUs, until } from '@ioi/basis/testing';
import { operationIdOf } from '@ioi/law';
import type { LogEntry } from '@ioi/protocol';
import { auditDomain } from '../domain-audit.ts';
import { NOTE_CLASS } from '../domain-work.ts';
import { type Evidence, type Progress, sleep } from '../evidence.ts';
import { MemberNode, type Ran } from './member-node.ts';

export type NodesOptions = {
  /** Writers that are killed, with all their processes. */
  readonly failovers: number;
  /** Writers that are cut off from the database, and come back. */
  readonly partitions: number;
  readonly onProgress?: Progress;
};

const DOMAIN = 'market.example';
const CLIENTS = 4;
/** How long work goes on between two mishaps. */
const WORK_MS = 1_000;
/** A takeover is five seconds of waiting and a start. */
const TAKEOVER_MS = 180_000;
const PAUSE_MS = 50;
/** What a writer is told that came back and went on. */
const FENCED = ['log.fenced', 'cluster.not_writer'];
/** How one ends that waited for its store for too long, before it came back. */
const GAVE_UP = 'store.unreachable';

type Member = { readonly node: MemberNode; readonly cables: readonly Cable[] };

/**
 * Nodes as people run them, over three servers of PostgreSQL, under work: whichever writes is
 * killed, or cut off, again and again. What was acknowledged stands in the log in the end, once.
 */
export async function runNodes(options: NodesOptions): Promise<Evidence> {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-nodes-'));
  const spare = endingWithUs(folder);
  const cluster = await PatroniCluster.start();
  const world = new World(folder, cluster.url);
  try {
    await world.found();
    const work = new Work(world);
    await world.suffer(work, options);
    await work.end();
    return await world.judged(work, options);
  } finally {
    await world.close();
    await cluster.remove();
    spare();
    rmSync(folder, { recursive: true, force: true });
  }
}

class World {
  readonly folder: string;
  readonly #url: string;
  readonly #members: Member[] = [];
  /** By what each that was cut off stopped. */
  readonly #stopped: string[] = [];

  constructor(folder: string, url: string) {
    this.folder = folder;
    this.#url = url;
  }

  get nodes(): readonly MemberNode[] {
    return this.#members.map(({ node }) => node);
  }

  /** One that is the first, and one that stands by. */
  async found(): Promise<void> {
    const passphrase = join(this.folder, 'passphrase');
    writeFileSync(passphrase, 'correct horse battery\n', { mode: 0o600 });
    const file = ['--passphrase-file', passphrase];
    const [one, two] = [await this.#member('one'), await this.#member('two')];
    await well(one.node.ioi('init', ...file));
    configure(one, this.#through(one));
    await well(one.node.ioi('up', '--detach'));
    await well(one.node.ioi('domain', 'open', DOMAIN));
    const define = ['domain', 'submit', DOMAIN, 'objects/class.define', '--payload'];
    await well(one.node.ioi(...define, JSON.stringify(NOTE_CLASS)));
    await well(one.node.ioi('down'));
    await well(one.node.ioi('cluster', 'init', '--member', 'one', ...file));
    one.node.up();
    await this.writer();
    const [asked, invited] = [join(this.folder, 'asked.json'), join(this.folder, 'invited.json')];
    await well(two.node.ioi('cluster', 'request', '--member', 'two', '--out', asked));
    await well(one.node.ioi('cluster', 'admit', asked, '--out', invited, ...file));
    const invitation = JSON.parse(readFileSync(invited, 'utf8'));
    const store = { ...invitation.store, url: this.#through(two) };
    writeFileSync(invited, JSON.stringify({ ...invitation, store }));
    await well(two.node.ioi('cluster', 'join', invited));
    two.node.up();
    await until('it stands by', () => two.node.pid, TAKEOVER_MS);
  }

  async #member(name: string): Promise<Member> {
    const ports = [...this.#url.matchAll(/127\.0\.0\.1:([0-9]+)/g)].map(([, port]) => Number(port));
    const cables = await Promise.all(ports.map((port) => Cable.lay(port)));
    const member = { node: new MemberNode(this.folder, name), cables };
    this.#members.push(member);
    return member;
  }

  /** The way to the database by its own cables. */
  #through({ cables }: Member): string {
    let at = 0;
    return this.#url.replace(/127\.0\.0\.1:[0-9]+/g, () => `127.0.0.1:${cables[at++]?.port}`);
  }

  /** Whoever answers now, other than one. */
  writer(other?: Member): Promise<Member> {
    const find = async (): Promise<Member | undefined> => {
      for (const member of this.#members) {
        if (member === other) continue;
        const told = await member.node.ask('GET', '/v1/status');
        if (told?.status === 200) return member;
      }
      return undefined;
    };
    return until('somebody writes', find, TAKEOVER_MS);
  }

  async suffer(work: Work, { failovers, partitions, onProgress }: NodesOptions): Promise<void> {
    const all = Math.max(failovers, partitions);
    for (let done = 0; done < all; done += 1) {
      if (done < failovers) await this.#mishap(work, (member) => this.#killed(member));
      if (done < partitions) await this.#mishap(work, (member) => this.#cutOff(member));
      onProgress?.(done + 1, all, 'failovers and partitions of nodes');
    }
  }

  async #mishap(work: Work, befall: (member: Member) => Promise<void>): Promise<void> {
    await sleep(WORK_MS);
    await work.until(work.acknowledged.size + CLIENTS + 1);
    await befall(await this.writer());
    await work.until(work.acknowledged.size + CLIENTS + 1);
  }

  async #killed(member: Member): Promise<void> {
    member.node.kill();
    await this.writer(member);
    member.node.up();
    await until('it stands by', () => member.node.pid, TAKEOVER_MS);
  }

  /** It goes on believing until it is mended, and what it was asked meanwhile; another writes. */
  async #cutOff(member: Member): Promise<void> {
    const before = member.node.stops.length;
    for (const cable of member.cables) cable.cut();
    await this.writer(member);
    for (const cable of member.cables) cable.mend();
    // That it does not answer shows nothing: it may be about to write.
    this.#stopped.push(await until('it stops', () => member.node.stops[before], TAKEOVER_MS));
  }

  async judged(work: Work, { failovers, partitions }: NodesOptions): Promise<Evidence> {
    const { node } = await this.writer();
    const file = join(this.folder, 'market.ioi');
    await well(node.ioi('domain', 'export', DOMAIN, file));
    const text = readFileSync(file, 'utf8');
    const audited = auditDomain(text, { acknowledged: [...work.acknowledged.keys()], shown: [] });
    const moved = movedIn(text, work.acknowledged);
    const fenced = this.#stopped.filter((code) => FENCED.includes(code));
    const gaveUp = this.#stopped.filter((code) => code === GAVE_UP);
    const others = this.#stopped.filter((code) => ![...FENCED, GAVE_UP].includes(code));
    const strange = others.map((code) => `a writer that was cut off stopped by ${code}`);
    const findings = [...audited.findings, ...moved, ...strange];
    const forks = (audited.counts['forks'] ?? 0) + moved.length;
    const ends = { writers_fenced: fenced.length, writers_gave_up: gaveUp.length };
    const counts = { node_failovers: failovers, partitions, forks, ...ends };
    return { findings, counts: { ...audited.counts, ...counts } };
  }

  async close(): Promise<void> {
    for (const { node, cables } of this.#members) {
      node.kill();
      for (const cable of cables) cable.close();
    }
  }
}

/** Clients that submit one note after another, each until somebody acknowledges it. */
class Work {
  /** By what was acknowledged: the place in the log that was told, where one was. */
  readonly acknowledged = new Map<string, string | undefined>();
  readonly #clients: Promise<unknown>;
  #isOver = false;

  constructor(world: World) {
    const clients = Array.from({ length: CLIENTS }, (_, client) => this.#work(world, client));
    this.#clients = Promise.all(clients);
    this.#clients.catch(() => {});
  }

  async until(many: number): Promise<void> {
    const enough = () => this.acknowledged.size >= many || undefined;
    await Promise.race([until('work goes on', enough, TAKEOVER_MS), this.#clients]);
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#clients;
  }

  async #work(world: World, client: number): Promise<void> {
    for (let at = 0; !this.#isOver; at += 1) {
      const id = `note_${client}_${at}`;
      const payload = { object_class: 'Note', id, value: { text: id } };
      const operation_id = operationIdOf(Date.now(), randomBytes(10));
      const operation = { operation_id, operation: 'objects/put', payload };
      this.acknowledged.set(id, await this.#submitted(world, operation));
    }
  }

  /** At one after the other, under the same id, until one has it. */
  async #submitted({ nodes }: World, operation: object): Promise<string | undefined> {
    for (;;) {
      for (const node of nodes) {
        const path = `/v1/domains/${DOMAIN}/operations`;
        const told = await node.ask('POST', path, operation);
        if (told?.status === 409 && told.body['code'] === 'operation.duplicate') {
          return undefined;
        }
        if (told?.status !== 201) continue;
        return (told.body['entry'] as LogEntry).seq;
      }
      await sleep(PAUSE_MS);
    }
  }
}

function configure({ node }: Member, url: string): void {
  const path = join(node.home, 'node.json');
  const config = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify({ ...config, store: { kind: 'postgres', url } }));
}

async function well(ran: Promise<Ran>): Promise<void> {
  const { code, stderr } = await ran;
  if (code !== 0) throw new Error(stderr);
}

/** What stands elsewhere than whoever asked was told: it was acknowledged in another log. */
function movedIn(text: string, told: ReadonlyMap<string, string | undefined>): string[] {
  const lines = text.split('\n').filter((line) => line.startsWith('{"authenticated_by"'));
  const entries = lines.map((line) => JSON.parse(line) as LogEntry);
  const ids = new Map(entries.map(({ seq, payload }) => [String(seq), String(payload['id'])]));
  const moved = [...told].filter(([id, seq]) => seq !== undefined && ids.get(String(seq)) !== id);
  return moved.map(([id, seq]) => `${id} was acknowledged as entry ${seq}, where another stands`);
}
