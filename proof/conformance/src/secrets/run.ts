import { join } from 'node:path';
import { until } from '@ioi/basis/testing';
import { newTally, type Tally } from '../tally.ts';
import { Finder } from './finder.ts';
import { HostileApi } from './hostile-api.ts';
import { IN_ENVIRONMENT, IN_FILE, WatchedNode } from './node.ts';
import { type Planted, plant, plantForProgram } from './plant.ts';

/** A folder that is there: this run brings its own material. */
export const FOLDER: string = import.meta.dirname;
const ALL = 1000;
const AT_ONCE = 8;
/** Connectors that the node has at one time, and scopes of one grant. */
const TOGETHER = 64;
/** For so many planted secrets there is one more of a program in a sandbox. */
const FOR_EACH_PROGRAM = 40;

const INTENT = {
  chain_id: '1',
  to: `0x${'11'.repeat(20)}`,
  value: '1',
  data: '0x',
  limits: { gas: '21000', max_fee_per_gas: '2', max_priority_fee_per_gas: '1' },
  nonce: '0',
};

/**
 * Plants secrets of all kinds in a node and has every one of them used with a server that gives it
 * away, then looks for a piece of any in all that an agent, a file, a command, an argument or an
 * environment of the node shows, and in all that a program in a sandbox can read. The memory of
 * processes of the same account is left out: a process of that account may read it (tier
 * `mediated`).
 */
export async function run(_folder: string, count = ALL): Promise<Tally> {
  const planted = Array.from({ length: count }, (_, at) => plant(at));
  const programs = Array.from({ length: Math.ceil(count / FOR_EACH_PROGRAM) }, (_, at) => {
    return plantForProgram(count + at);
  });
  const api = await HostileApi.start(planted, programs);
  const node = new WatchedNode();
  try {
    await node.start();
    await node.addByHand(api.origin);
    await node.activate();
    const used = { answered: 0, signed: 0 };
    for (let from = 0; from < count; from += TOGETHER) {
      const some = planted.slice(from, from + TOGETHER);
      await node.connect(some, api.origin);
      for (const each of some) await node.put(each, api.origin);
      await node.grant(some);
      const now = await useAll(node, some);
      used.answered += now.answered;
      used.signed += now.signed;
    }
    const last = planted.findLast(({ kind }) => kind === 'bearer') as Planted;
    await readAll(node, last);
    const inside = await lookInside(node, programs, api.origin);
    await crash(node, last);
    return judge(node, { planted, programs, used, api, inside });
  } finally {
    await node.ioi('down');
    api.close();
    node.remove();
  }
}

/** Calls that were answered, whatever the answer was, and those with a signature of SSH. */
async function useAll(node: WatchedNode, planted: readonly Planted[]): Promise<Used> {
  const { peer, end } = node.agent();
  await peer.initialize();
  await peer.request('tools/list', {});
  const waiting = [...planted];
  const used = { answered: 0, signed: 0 };
  const work = async (): Promise<void> => {
    for (let each = waiting.shift(); each !== undefined; each = waiting.shift()) {
      const ssh = each.kind === 'ssh_key' ? node.ssh.callOf(each) : undefined;
      const other = each.kind === 'evm_key' ? INTENT : { note: `call ${each.at}` };
      const { result } = await peer.call(`call_${each.at}`, ssh?.given ?? other);
      if (result !== undefined) used.answered += 1;
      if (ssh?.isSigned(result)) used.signed += 1;
    }
  };
  let isOver = false;
  const granting = node.grantActs(() => isOver);
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  isOver = true;
  await granting;
  end();
  return used;
}

/** All that a person or a program is shown of it. */
async function readAll(node: WatchedNode, { server }: Planted): Promise<void> {
  await node.ioi('log', '-n', '1000', '--json');
  await node.ioi('status', '--json');
  await node.ioi('inbox', '--json');
  await node.ioi('mcp', 'list', '--json');
  await node.ioi('connector', 'list', '--json');
  await node.ioi('connector', 'show', server, '--json');
  await node.ioi('connector', 'test', server, '--json');
  await node.ioi('mcp', 'secret', 'list', '--json');
  await node.ioi('export', join(node.home, 'export.json'));
  await node.api('GET', '/v1/export');
  await node.api('GET', '/v1/status');
}

/** What a program in a sandbox reads and is answered; what it waits for is granted. */
async function lookInside(node: WatchedNode, programs: readonly Planted[], origin: string) {
  for (const each of programs) await node.put(each, origin);
  let isOver = false;
  const granting = node.grantActs(() => isOver);
  const out = await node.inside(programs, origin).finally(() => {
    isOver = true;
  });
  await granting;
  return out;
}

/** The daemon and the edge die in the middle of a call, as a fault of memory kills. */
async function crash(node: WatchedNode, { at }: Planted): Promise<void> {
  for (const part of ['daemon', 'edge']) {
    const { peer, end } = node.agent();
    await peer.initialize();
    const call = peer.call(`call_${at}`, { note: `while the ${part} dies` }).catch(() => {});
    const found = node.processes().find(({ line }) => line.includes(`hosts/${part}/src/main`));
    if (found === undefined) throw new Error(`there is no ${part}`);
    process.kill(found.pid, 'SIGSEGV');
    await call;
    end();
    await isBack(node);
  }
}

async function isBack(node: WatchedNode): Promise<void> {
  await until('the node comes back', async () => {
    const answer = await node.api('GET', '/v1/status').catch(() => '');
    return answer.includes('"node_id"');
  });
}

/** A program that reads nothing, and is answered nothing, would prove nothing. */
function blindness(inside: string, programs: number): readonly string[] {
  const unread = [IN_FILE, IN_ENVIRONMENT].filter((each) => !inside.includes(each));
  const said = unread.map((each) => `the program does not read what is ${each}`);
  const isAnswered = inside.includes(`answered ${programs}\n`);
  return isAnswered ? said : [...said, 'not every placeholder of the program was answered'];
}

type Used = { readonly answered: number; readonly signed: number };

type Judged = {
  readonly planted: readonly Planted[];
  readonly programs: readonly Planted[];
  /** What the program in a sandbox said; undefined where there is no sandbox here. */
  readonly inside: string | undefined;
  readonly used: Used;
  readonly api: HostileApi;
};

function judge(node: WatchedNode, judged: Judged): Tally {
  const { planted, programs, used, api, inside } = judged;
  const all = [...planted, ...programs];
  const { answered, signed } = used;
  const tally = newTally();
  const finder = new Finder(all.map(({ hidden }) => hidden));
  const readable = new Set<number>();
  let searched = 0;
  for (const [place, bytes] of node.bytes()) {
    searched += bytes.length;
    for (const at of finder.find(bytes)) {
      readable.add(at);
      tally.failed.push(`${all[at]?.kind} ${at} can be read in ${place}`);
    }
  }
  tally.cases = all.length;
  // A search that finds nothing anywhere, and calls that never went out, would prove nothing.
  const [first = ''] = planted[0]?.hidden ?? [];
  if (!finder.find(Buffer.from(`x${first}`)).has(0)) tally.failed.push('the search finds nothing');
  if (answered !== planted.length) tally.failed.push(`${answered} calls were answered`);
  const keys = planted.filter(({ kind }) => kind === 'ssh_key').length;
  const due = planted.length - keys;
  if (api.asked < due) tally.failed.push(`only ${api.asked} of ${due} requests went out`);
  if (signed !== keys) tally.failed.push(`${signed} of ${keys} keys of SSH signed`);
  if (api.strays > 0) tally.failed.push(`${api.strays} requests followed a redirect`);
  if (inside === undefined) tally.skipped.push('in a sandbox: there is none on this machine');
  else tally.failed.push(...blindness(inside, programs.length));
  const figures = [
    ['readable', readable.size],
    ['bytes_read_inside', inside?.length ?? 0],
    ['answered', answered],
    ['requests', api.asked],
    ['ssh_signatures', signed],
    ['bytes_searched', searched],
  ] as const;
  return { ...tally, more: figures };
}
