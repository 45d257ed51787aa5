import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { until } from '@ioi/basis/testing';
import { type Answer, makeHome, NodeProcess, WitnessProcess } from '@ioi/kit';
import { type DomainStatus, type DomainsPage, isFaultProof } from '@ioi/protocol';
import { verifyFaultProof } from '@ioi/verifier';

const MARKET = 'market.example';
const MARKET_ID = `agentgres://domain/${MARKET}`;
const noteClass = {
  object_class: 'Note',
  schema_version: '1.0.0',
  schema: { type: 'object', fields: { text: { type: 'text', max_length: 80 } } },
};

let folder: string;
let home: string;
let witness: WitnessProcess;
let nodes: NodeProcess[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ioi-domain-witness-'));
  home = join(folder, 'home');
  nodes = [];
  witness = new WitnessProcess('w.example/one');
  await witness.start();
});

afterEach(async () => {
  for (const node of nodes) await node.stop('SIGKILL');
  await witness.stop();
  for (const each of [witness.folder, folder]) rmSync(each, { recursive: true, force: true });
});

async function up(at = home): Promise<NodeProcess> {
  const node = new NodeProcess(at);
  nodes.push(node);
  await node.ready();
  return node;
}

/** A node with a required witness, and a market in it with one note. */
async function made(about: object = {}): Promise<NodeProcess> {
  await makeHome(home, [], [{ ...witness.config('one', true), ...about }]);
  const node = await up();
  const opened = await node.api('POST', '/v1/domains', { domain_id: MARKET_ID });
  assert.equal(opened.status, 201, JSON.stringify(opened));
  await submit(node, 'objects/class.define', noteClass);
  await put(node, 'first');
  return node;
}

async function submit(node: NodeProcess, operation: string, payload: object): Promise<void> {
  const path = `/v1/domains/${MARKET}/operations`;
  const answer = await node.api('POST', path, { operation, payload });
  assert.equal(answer.status, 201, JSON.stringify(answer));
}

function put(node: NodeProcess, id: string): Promise<void> {
  return submit(node, 'objects/put', { object_class: 'Note', id, value: { text: id } });
}

function market(node: NodeProcess): Promise<Answer> {
  return node.api('GET', `/v1/domains/${MARKET}`);
}

function codeOf({ status, body }: Answer): string {
  return `${status} ${body['code']}`;
}

/** Waits until all that is sealed of the market was cosigned. */
function cosigned(node: NodeProcess): Promise<number> {
  return until('the market is cosigned', async () => {
    const { size, witnessed } = (await market(node)).body as unknown as DomainStatus;
    return witnessed?.size === size && size;
  });
}

/** The folders named, below one home or another. */
function copy(from: string, to: string, names: readonly string[]): void {
  for (const name of names) {
    rmSync(join(to, name), { recursive: true, force: true });
    cpSync(join(from, name), join(to, name), { recursive: true });
  }
}

function faultProof(): unknown {
  const faults = join(home, 'data', 'domains', MARKET, 'faults');
  const [name = ''] = readdirSync(faults);
  return JSON.parse(readFileSync(join(faults, name), 'utf8'));
}

test('a domain rolled back with its seals stays closed, and the node goes on', async () => {
  const node = await made();
  await cosigned(node);
  await node.stop();
  const backup = join(folder, 'backup');
  const kept = [join('data', 'domains'), join('guardian', 'domains')];
  copy(home, backup, kept);
  const later = await up();
  await put(later, 'second');
  await put(later, 'third');
  const seen = await cosigned(later);
  await later.stop();
  copy(backup, home, kept);
  const after = await up();
  assert.equal(codeOf(await market(after)), '409 log.rolled_back');
  const body = { domain: MARKET, projection: 'objects', consistency: 'cached_projection' };
  assert.equal(codeOf(await after.api('POST', '/v1/query', body)), '409 log.rolled_back');
  const page = (await after.api('GET', '/v1/domains')).body as unknown as DomainsPage;
  assert.deepEqual(
    page.refused.map(({ domain_id, code }) => [domain_id, code]),
    [[MARKET_ID, 'log.rolled_back']],
  );
  const beside = { domain_id: 'agentgres://domain/beside.example' };
  assert.equal((await after.api('POST', '/v1/domains', beside)).status, 201);
  const proof = faultProof();
  assert.ok(isFaultProof(proof));
  assert.deepEqual([proof.kind, proof.domain_id], ['log_rollback', MARKET_ID]);
  assert.equal(proof.claimed.size, String(seen));
});

test('a domain found to be forked while the node runs is closed, and no other', async () => {
  const node = await made();
  await cosigned(node);
  await node.stop();
  const names = ['guardian', 'data', 'node.json'];
  const [other, before, beyond] = ['other', 'before', 'beyond'].map((name) => join(folder, name));
  assert.ok(other && before && beyond);
  await makeHome(other, []);
  copy(home, other, names);
  await witness.stop();
  cpSync(witness.folder, before, { recursive: true });
  await witness.start();
  // Somewhere else the same keys go on with the market.
  const second = await up(other);
  await put(second, 'x');
  await cosigned(second);
  await second.stop();
  await witness.stop();
  cpSync(witness.folder, beyond, { recursive: true });
  const become = async (state: string): Promise<void> => {
    await witness.stop();
    rmSync(witness.folder, { recursive: true });
    cpSync(state, witness.folder, { recursive: true });
    await witness.start();
  };
  // The witness that saw it is back only when this node runs.
  await become(before);
  const first = await up();
  await cosigned(first);
  await become(beyond);
  await put(first, 'a');
  const found = await until('it is refused', async () => {
    const now = codeOf(await market(first));
    return now.startsWith('409') && now;
  });
  assert.equal(found, '409 log.forked');
  // By the keys of the node alone; what the witness keeps was offered before it was cosigned.
  const shown = verifyFaultProof(faultProof(), { isOneLineEnough: true });
  assert.ok(shown.ok && shown.value.kind === 'fork', JSON.stringify(shown));
  assert.equal(shown.value.domain_id, MARKET_ID);
  assert.equal((await first.api('GET', '/v1/status')).status, 200);
});

test('a required witness that is away keeps a domain closed until it is back', async () => {
  const node = await made();
  await cosigned(node);
  await node.stop();
  const again = await up();
  await witness.stop();
  const away = await market(again);
  assert.equal(codeOf(away), '503 witness.required');
  assert.match(String(away.body['title']), /one: witness\.unreachable/);
  await witness.start();
  assert.equal((await market(again)).status, 200);
  await put(again, 'second');
  await cosigned(again);
});

test('a witness that names no domain cosigns the own log of the node alone', async () => {
  const node = await made({ domains: [] });
  const status = (await market(node)).body as unknown as DomainStatus;
  assert.deepEqual(status.witnesses, []);
  const { domains } = (await node.api('GET', '/v1/domains')).body as unknown as DomainsPage;
  assert.deepEqual(
    domains.map((each) => each.witnesses.map(({ state }) => state)),
    [['cosigned'], []],
  );
  const config = JSON.parse(readFileSync(join(home, 'node.json'), 'utf8'));
  config.witnesses[0].domains = [MARKET];
  await node.stop();
  writeFileSync(join(home, 'node.json'), JSON.stringify(config));
  await cosigned(await up());
});
