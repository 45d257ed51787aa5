import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { encodeUtf8 } from '@ioi/basis';
import { until } from '@ioi/basis/testing';
import { canonicalJson } from '@ioi/canon';
import { type NoteKey, parseNoteKey } from '@ioi/crypto';
import { exited, makeHome, NodeProcess, WitnessProcess } from '@ioi/kit';
import { leafHash, parseTlogProof, verifyTlogProof } from '@ioi/merkle';
import type { FaultProof, NodeStatus } from '@ioi/protocol';
import { verifyFaultProof, verifyWitnessed } from '@ioi/verifier';

const NEEDS_PERSON = 78;

let folder: string;
let home: string;
let witnesses: [WitnessProcess, WitnessProcess];
let nodes: NodeProcess[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ioi-witnessed-'));
  home = join(folder, 'home');
  witnesses = [new WitnessProcess('w.example/one'), new WitnessProcess('w.example/two')];
  nodes = [];
  for (const witness of witnesses) await witness.start();
});

afterEach(async () => {
  for (const node of nodes) await node.stop('SIGKILL');
  for (const witness of witnesses) {
    await witness.stop();
    rmSync(witness.folder, { recursive: true, force: true });
  }
  rmSync(folder, { recursive: true, force: true });
});

async function made(required = false): Promise<NodeProcess> {
  const [one, two] = witnesses;
  await makeHome(home, [], [one.config('one', required), two.config('two')]);
  return up(home);
}

async function up(at: string): Promise<NodeProcess> {
  const node = started(at);
  await node.ready();
  return node;
}

function started(at: string): NodeProcess {
  const node = new NodeProcess(at);
  nodes.push(node);
  return node;
}

async function statusOf(node: NodeProcess): Promise<NodeStatus> {
  return (await node.api('GET', '/v1/status')).body as unknown as NodeStatus;
}

/** Some commits more, until the witnesses that are named cosigned them. */
async function grow(
  node: NodeProcess,
  names: readonly string[],
  by: readonly string[] = ['one', 'two'],
): Promise<void> {
  for (const name of names) {
    const rules = [{ rule_id: name, target: 'fs::read', conditions: {}, action: 'ALLOW' }];
    assert.equal((await node.activate(JSON.stringify({ policy_id: name, rules }))).status, 200);
  }
  await cosignedBy(node, by);
}

function cosignedBy(node: NodeProcess, names: readonly string[]): Promise<NodeStatus> {
  return until('it is cosigned', async () => {
    const status = await statusOf(node);
    const behind = status.witnesses.filter(
      ({ name, state, size }) =>
        names.includes(name) && (state !== 'cosigned' || size < status.log.size),
    );
    return behind.length === 0 && status.log.cosigned && status;
  });
}

/** Code and message with which the daemon ended, and the FaultProof it left. */
async function ended(node: NodeProcess) {
  await exited(node.daemon);
  const lines = readFileSync(join(node.home, 'logs', 'node.log'), 'utf8')
    .trimEnd()
    .split('\n');
  const said = lines.findLast((line) => line.includes('"stopped"')) ?? '{}';
  const { code, reason } = JSON.parse(said) as { code: string; reason: string };
  return { code, reason, exitCode: node.daemon.exitCode };
}

function faultIn(at: string): FaultProof | undefined {
  const faults = join(at, 'data', 'faults');
  const [name] = readdirSync(faults);
  return name === undefined ? undefined : JSON.parse(readFileSync(join(faults, name), 'utf8'));
}

function keysOf(...from: readonly WitnessProcess[]): NoteKey[] {
  return from.flatMap(({ said }) =>
    said.keys.map((text) => {
      const key = parseNoteKey(text);
      assert.ok(key.ok);
      return key.value;
    }),
  );
}

function copyHome(from: string, to: string): void {
  for (const name of ['guardian', 'data', 'node.json']) {
    rmSync(join(to, name), { recursive: true, force: true });
    cpSync(join(from, name), join(to, name), { recursive: true });
  }
}

test('both witnesses cosign, and an entry is proved with all their signatures', async () => {
  const node = await made();
  await grow(node, ['first']);
  const { log, witnesses: statuses } = await cosignedBy(node, ['one', 'two']);
  assert.deepEqual(
    statuses.map(({ name, state, size }) => [name, state, size]),
    [
      ['one', 'cosigned', log.size],
      ['two', 'cosigned', log.size],
    ],
  );
  assert.equal(log.witnessed?.size, log.size);
  const text = String((await node.api('GET', '/v1/proof/1')).body['text']);
  const proof = parseTlogProof(text);
  assert.ok(proof.ok);
  const entry = (await node.api('GET', '/v1/log?after=0&limit=1')).body['entries'] as object[];
  const demand = { witnesses: keysOf(...witnesses), needed: 2 };
  const held = verifyTlogProof(proof.value, leafOf(entry[0]), (checkpoint) => {
    const witnessed = verifyWitnessed(checkpoint, demand);
    if (!witnessed.ok) return witnessed;
    const { size, root } = witnessed.value.checkpoint;
    return { ok: true, value: { size, root: Buffer.from(root, 'base64') } };
  });
  assert.ok(held.ok, JSON.stringify(held));
  assert.equal((await node.api('GET', '/v1/proof/9999')).status, 404);
});

test('a node and a guardian rolled back together do not start', async () => {
  const node = await made();
  await grow(node, ['first']);
  await node.stop();
  const backup = join(folder, 'backup');
  copyHome(home, backup);
  const again = await up(home);
  await grow(again, ['second', 'third', 'fourth']);
  const { node_id: nodeId, log } = await statusOf(again);
  await again.stop();
  copyHome(backup, home);
  const { code, exitCode, reason } = await ended(started(home));
  assert.deepEqual({ code, exitCode }, { code: 'log.rolled_back', exitCode: NEEDS_PERSON }, reason);
  const proof = faultIn(home);
  assert.equal(proof?.kind, 'log_rollback');
  const verified = verifyFaultProof(proof, { nodeId, witnesses: keysOf(...witnesses) });
  assert.ok(verified.ok, JSON.stringify(verified));
  assert.ok(verified.value.kind === 'rollback');
  assert.equal(verified.value.seen, log.size);
  assert.ok(verified.value.held < log.size && verified.value.margin_ms > 0);
});

test('a second history under the same keys does not start', async () => {
  const node = await made();
  await grow(node, ['first']);
  await node.stop();
  const other = join(folder, 'other');
  await makeHome(other, []);
  copyHome(home, other);
  // Without witnesses the second one gets ahead unseen.
  const config = JSON.parse(readFileSync(join(other, 'node.json'), 'utf8'));
  writeFileSync(join(other, 'node.json'), JSON.stringify({ ...config, witnesses: [] }));
  const unseen = await up(other);
  await grow(unseen, ['x', 'y', 'z'], []);
  await unseen.stop();
  await grow(await up(home), ['second']);
  writeFileSync(join(other, 'node.json'), JSON.stringify(config));
  const { code, exitCode, reason } = await ended(started(other));
  assert.deepEqual({ code, exitCode }, { code: 'log.forked', exitCode: NEEDS_PERSON }, reason);
  // A fork is shown by the keys of the node alone; what it opens with is not cosigned yet.
  const verified = verifyFaultProof(faultIn(other), { isOneLineEnough: true });
  assert.ok(verified.ok && verified.value.kind === 'fork', JSON.stringify(verified));
});

test('of two nodes with one set of keys exactly one goes on', async () => {
  const node = await made();
  await grow(node, ['first']);
  await node.stop();
  const config = JSON.parse(readFileSync(join(home, 'node.json'), 'utf8'));
  // With one witness there is one that is first; two may each have met another node first.
  config.witnesses.pop();
  writeFileSync(join(home, 'node.json'), JSON.stringify(config));
  const other = join(folder, 'other');
  await makeHome(other, []);
  copyHome(home, other);
  const racing = [home, other].map(started);
  const lost = await Promise.race(racing.map((each) => exited(each.daemon).then(() => each)));
  const { code, exitCode } = await ended(lost);
  assert.deepEqual({ code, exitCode }, { code: 'log.forked', exitCode: NEEDS_PERSON });
  const [won] = racing.filter((each) => each !== lost) as [NodeProcess];
  await won.ready();
  await grow(won, ['second'], ['one']);
  const shown = await shownBy(witnesses[0], won);
  assert.equal(shown.split('\n')[2], (await statusOf(won)).log.note.split('\n')[2]);
});

test('a witness that is killed keeps its promise', async () => {
  const node = await made();
  await grow(node, ['first']);
  const before = await shownBy(witnesses[1], node);
  await witnesses[1].stop('SIGKILL');
  await grow(node, ['second'], ['one']);
  await witnesses[0].stop('SIGKILL');
  for (const witness of witnesses) await witness.start();
  assert.equal(textOf(await shownBy(witnesses[1], node)), textOf(before));
  await grow(node, ['third']);
  const { log } = await cosignedBy(node, ['one', 'two']);
  for (const witness of witnesses) {
    assert.equal(textOf(await shownBy(witness, node)), textOf(log.note));
  }
});

test('a hostile request is refused by name and changes nothing', async () => {
  const node = await made();
  await grow(node, ['first']);
  const [witness] = witnesses;
  const replayed = (await statusOf(node)).log.note;
  await grow(node, ['second']);
  const { log } = await cosignedBy(node, ['one', 'two']);
  const [origin = '', size = ''] = log.note.split('\n');
  const old = `old ${size}\n\n`;
  const cases: [string, number, string, RegExp][] = [
    ['nothing', 400, '', /witness\.malformed/],
    ['no checkpoint', 400, 'old 0\n\nhello', /witness\.malformed/],
    ['bytes', 400, '\u{fffd}\u0000'.repeat(100), /witness\.malformed/],
    ['far too much', 413, 'a'.repeat(1_000_000), /witness\.too_large/],
    ['another origin', 404, old + log.note.replace(origin, 'ioi.local/x'), /unknown_log/],
    ['another root', 403, old + withRoot(log.note), /witness\.not_signed/],
    ['an old size above', 400, `old 9${size}\n\n${log.note}`, /witness\.bad_old_size/],
    ['an older checkpoint', 409, `old 0\n\n${replayed}`, new RegExp(`^${size}\n$`)],
    ['a proof of nothing', 422, `old ${size}\n${HASH}\n\n${log.note}`, /witness\.inconsistent/],
  ];
  for (const [what, status, body, said] of cases) {
    const answer = await fetch(`${witness.url}/add-checkpoint`, { method: 'POST', body });
    assert.equal(answer.status, status, what);
    assert.match(await answer.text(), said, what);
  }
  assert.equal((await fetch(`${witness.url}/add-checkpoint`)).status, 404);
  assert.equal((await fetch(`${witness.url}/checkpoint/%`)).status, 404);
  assert.equal(textOf(await shownBy(witness, node)), textOf(log.note));
  // The same checkpoint once more is cosigned once more.
  const again = await fetch(`${witness.url}/add-checkpoint`, {
    method: 'POST',
    body: old + log.note,
  });
  assert.equal(again.status, 200);
});

test('a required witness that is away keeps effects from starting, another does not', async () => {
  await witnesses[1].stop();
  const node = await made(true);
  const [, optional] = (await statusOf(node)).witnesses;
  assert.equal(optional?.code, 'witness.unreachable');
  await node.stop();
  await witnesses[0].stop();
  const { code, reason, exitCode } = await ended(started(home));
  assert.equal(code, 'witness.required', reason);
  assert.match(reason, /one: witness\.unreachable/);
  assert.equal(exitCode, 1);
});

test('a witness that forgot what it cosigned is not believed', async () => {
  const node = await made();
  await grow(node, ['first']);
  const { folder: kept } = witnesses[0];
  await witnesses[0].stop('SIGTERM');
  const copy = join(folder, 'witness');
  cpSync(kept, copy, { recursive: true });
  await witnesses[0].start();
  await grow(node, ['second']);
  await witnesses[0].stop();
  rmSync(kept, { recursive: true });
  cpSync(copy, kept, { recursive: true });
  await witnesses[0].start();
  await grow(node, ['third'], ['two']);
  await cosignedBy(node, ['two']);
  // The two are asked side by side: the other's answer says nothing about this one's.
  await until('it is found', async () => {
    const [one] = (await statusOf(node)).witnesses;
    return one?.code === 'witness.forgot';
  });
});

const HASH = 'A'.repeat(43).concat('=');

async function shownBy({ url }: WitnessProcess, node: NodeProcess): Promise<string> {
  const [origin = ''] = (await statusOf(node)).log.note.split('\n');
  const answer = await fetch(`${url}/checkpoint/${encodeURIComponent(origin)}`);
  return answer.text();
}

function textOf(note: string): string {
  return note.slice(0, note.indexOf('\n\n'));
}

function withRoot(note: string): string {
  const [origin, size, , ...rest] = note.split('\n');
  return [origin, size, HASH, ...rest].join('\n');
}

function leafOf(entry: object | undefined): Uint8Array {
  const text = canonicalJson(entry);
  assert.ok(text.ok);
  return leafHash(encodeUtf8(text.value));
}
