import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeUtf8, type SeededRandom, seededRandom } from '@ioi/basis';
import { exited, makeHome, NodeProcess, PASSPHRASE } from '@ioi/kit';
import type { BoundaryEvent } from '@ioi/law';
import type { CommitSummary, GrantsPage, LogEntry, ScopeRequestsPage } from '@ioi/protocol';
import { verify } from '@ioi/verifier';
import { appendContract, LEDGER } from './crash.ts';
import { type Evidence, type Progress, sleep } from './evidence.ts';

export type BurnOptions = {
  readonly kills: number;
  readonly seed: number;
  readonly onProgress?: Progress;
};

const SCOPE = 'scope:ledger.append';
const RESOURCE = 'tool://ledger/append';
const FIRST_RACERS = 64;
const RACERS = 16;
/** Longest wait before a kill, counted from when all begin to race. */
const RACE_WINDOW_MS = 120;
/** Whoever finds no grant is told so after this. */
const PENDING_ANSWER_MS = 150;
const DAY_MS = 86_400_000;

const POLICY = JSON.stringify({
  policy_id: 'burn',
  rules: [{ target: 'ledger::append', conditions: {}, action: 'ALLOW' }],
});

/**
 * Grants of one call each, for which many callers race while daemon, guardian or both are killed:
 * in the end each was used up by exactly one sealed act, and the world outside shows no more.
 */
export async function runBurn({ kills, seed, onProgress }: BurnOptions): Promise<Evidence> {
  const random = seededRandom(seed);
  const world = await prepareWorld();
  const subject = await firstLife(world);
  for (let done = 0; done < kills; done += 1) {
    const racers = done === 0 ? FIRST_RACERS : RACERS;
    await oneLife(world, { random, subject, racers, life: done });
    onProgress?.(done + 1, kills, 'kills');
  }
  return lastLife(world, kills);
}

type World = { readonly home: string; readonly ledger: string };

async function prepareWorld(): Promise<World> {
  const home = mkdtempSync(join(tmpdir(), 'ioi-burn-'));
  const ledger = join(home, 'ledger.txt');
  writeFileSync(ledger, '');
  const server = {
    name: 'ledger',
    command: process.execPath,
    args: [LEDGER],
    env: { LEDGER: ledger },
    contracts: [appendContract([SCOPE])],
  };
  await makeHome(home, [server], [], { pending_answer_ms: PENDING_ANSWER_MS });
  return { home, ledger };
}

/** Activates the policy; says as whom the node knows the caller. */
async function firstLife({ home }: World): Promise<string> {
  const node = new NodeProcess(home);
  try {
    await node.ready();
    await must(node.activate(POLICY));
    await race(node, 1, 'first');
    const { requests } = (await must(node.api('GET', '/v1/wallet/requests'))) as ScopeRequestsPage;
    return requests[0]?.subject_id ?? '';
  } finally {
    await node.stop();
  }
}

type Life = {
  readonly random: SeededRandom;
  readonly subject: string;
  readonly racers: number;
  readonly life: number;
};

async function oneLife({ home }: World, { random, subject, racers, life }: Life): Promise<void> {
  const node = new NodeProcess(home);
  const victim = ['daemon', 'guardian', 'both'][random.below(3)] ?? 'both';
  const delayMs = random.below(RACE_WINDOW_MS);
  const isEarly = random.below(3) === 0;
  await node.ready();
  const giving = give(node, subject).catch(() => {});
  if (!isEarly) await giving;
  const racing = race(node, racers, String(life)).catch(() => {});
  await sleep(delayMs);
  if (victim !== 'guardian') node.daemon.kill('SIGKILL');
  if (victim !== 'daemon') node.guardian.kill('SIGKILL');
  await Promise.all([exited(node.daemon), exited(node.guardian)]);
  await Promise.all([racing, giving]);
}

/** Asks for one call and has it signed. */
async function give(node: NodeProcess, subject_id: string): Promise<void> {
  const { request } = (await must(
    node.api('POST', '/v1/wallet/requests', {
      subject_id,
      authority_scopes: [SCOPE],
      primitive_capabilities: ['prim:fs.write'],
      resources: [RESOURCE],
      expiry: String(Date.now() + DAY_MS),
    }),
  )) as { request: { authority_request_id: string } };
  const { authority_request_id } = request;
  const wish = {
    operation: 'grant.issue',
    asked: { authority_request_id, lease: true, constraints: { max_calls: '1' } },
  };
  const { review_hash } = await must(node.guardianApi('POST', '/governance/review', wish));
  const signing = { ...wish, review_hash, passphrase: PASSPHRASE };
  await must(node.guardianApi('POST', '/governance/sign', signing));
}

async function race(node: NodeProcess, racers: number, name: string): Promise<void> {
  const peers = Array.from({ length: Math.min(8, racers) }, () => node.connectMcp());
  await Promise.all(peers.map((peer) => peer.initialize()));
  const calls = Array.from({ length: racers }, (_, at) => {
    return peers[at % peers.length]?.call('append', { id: `${name}-${at}` });
  });
  await Promise.all(calls);
}

async function must(answer: ReturnType<NodeProcess['api']>): Promise<Record<string, unknown>> {
  const { status, body } = await answer;
  if (status >= 300) throw new Error(JSON.stringify(body));
  return body;
}

/** Nothing is killed any more: what is left is used up, and then everything is counted. */
async function lastLife({ home, ledger }: World, kills: number): Promise<Evidence> {
  const node = new NodeProcess(home);
  try {
    await node.ready();
    for (let round = 0; round < 50; round += 1) {
      const { grants } = await grantsOf(node);
      if (grants.every(({ remaining }) => remaining.calls === '0')) break;
      await race(node, RACERS, `last${round}`);
    }
    const { grants } = await grantsOf(node);
    const exported = await node.api('GET', '/v1/export');
    const text = String(exported.body['text'] ?? '');
    const lines = readFileSync(ledger, 'utf8').split('\n').filter(Boolean);
    const evidence = countBurned(text, grants, lines);
    if (evidence.findings.length === 0) node.removeHome();
    return { ...evidence, counts: { kills, ...evidence.counts } };
  } finally {
    await node.stop();
  }
}

async function grantsOf(node: NodeProcess): Promise<GrantsPage> {
  return (await must(node.api('GET', '/v1/wallet/grants'))) as GrantsPage;
}

function countBurned(
  text: string,
  grants: GrantsPage['grants'],
  lines: readonly string[],
): Evidence {
  const findings = verify([encodeUtf8(text)]).findings.map((each) => JSON.stringify(each));
  const used = usedIn(text);
  for (const { grant, remaining } of grants) {
    const id = grant.authority_grant_id;
    const times = used.get(id) ?? 0;
    if (times > 1) findings.push(`${id} was burned ${times} times`);
    if (remaining.calls !== '0') findings.push(`${id} was given and could not be used`);
    if (times + Number(remaining.calls) !== 1) findings.push(`${id} was lost`);
  }
  const effects = new Set(lines).size;
  const committed = [...used.values()].reduce((sum, count) => sum + count, 0);
  if (lines.length > effects) findings.push('an act was performed twice');
  if (lines.length > committed) findings.push(`${lines.length} effects of ${committed} acts`);
  return { findings, counts: { grants: grants.length, committed, effects } };
}

/** How often each grant was used and not given back, as the log says, without what it voids. */
function usedIn(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line.startsWith('{"authenticated_by"'));
  const entries = lines.map((line) => JSON.parse(line) as LogEntry);
  const closings = entries.filter(({ operation }) => operation === 'domain/commit');
  const voided = closings.flatMap(({ payload }) => (payload as CommitSummary).voided);
  const seqs = new Set(voided.map(({ seq }) => seq));
  const used = new Map<string, number>();
  for (const { events, seq } of entries) {
    if (seqs.has(seq)) continue;
    for (const event of events as BoundaryEvent[]) {
      if (event.type !== 'authority.used' && event.type !== 'authority.released') continue;
      const id = event.use.authority_grant_id;
      used.set(id, (used.get(id) ?? 0) + (event.type === 'authority.used' ? 1 : -1));
    }
  }
  return used;
}
