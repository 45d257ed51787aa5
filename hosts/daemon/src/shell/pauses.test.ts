import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { KeptFile } from './mcp/kept-file.ts';
import { Pauses } from './pauses.ts';

const folder = mkdtempSync(join(tmpdir(), 'ioi-pauses-'));
after(() => rmSync(folder, { recursive: true }));

let files = 0;
function newFile(): KeptFile {
  files += 1;
  return new KeptFile(join(folder, `${files}.json`));
}

const one = { agent_id: 'agent://local/mcp', session_id: 'one' };
const two = { agent_id: 'agent://local/mcp', session_id: 'two' };
const other = { agent_id: 'agent://local/run/sh', session_id: 'three' };

test('who watches is told once, when whoever asked may ask no more', () => {
  const pauses = new Pauses();
  const told: string[] = [];
  pauses.watch(one, () => told.push('one'));
  const unwatch = pauses.watch(other, () => told.push('other'));
  pauses.pause(one);
  unwatch();
  pauses.stop();
  pauses.watch(other, () => told.push('late'));
  assert.deepEqual(told, ['one', 'late']);
});

test('a session that is paused is refused, each time counted, and no other is', () => {
  const pauses = new Pauses(newFile());
  pauses.pause(one);
  assert.equal(pauses.refusalOf(one)?.code, 'session.paused');
  assert.match(pauses.refusalOf(one)?.message ?? '', /session one is paused/);
  assert.equal(pauses.refusedOf(one), 2);
  assert.equal(pauses.refusalOf(two), undefined);
  pauses.resume(one);
  assert.equal(pauses.refusalOf(one), undefined);
});

test('whoever comes under the name of one that left paused is paused, also after a restart', () => {
  const file = newFile();
  const pauses = new Pauses(file);
  pauses.pause(one);
  pauses.left('one');
  pauses.left(other.session_id);
  assert.equal(pauses.refusalOf(two)?.code, 'session.paused');
  const again = new Pauses(new KeptFile(file.path));
  assert.equal(again.refusalOf(two)?.code, 'session.paused');
  assert.equal(again.refusalOf(other), undefined);
  assert.deepEqual(again.names, [one.agent_id]);
  again.resume(two);
  assert.equal(again.refusalOf(one), undefined);
  assert.equal(new Pauses(new KeptFile(file.path)).refusalOf(one), undefined);
});

test('a stop refuses everybody until it is lifted, also after a restart', () => {
  const file = newFile();
  const pauses = new Pauses(file);
  pauses.stop();
  assert.equal(pauses.refusalOf(other)?.message, 'everything is stopped');
  const again = new Pauses(new KeptFile(file.path));
  assert.ok(again.isStopped);
  again.pause(one);
  again.left(one.session_id);
  again.pause(other);
  again.lift();
  for (const each of [one, two, other]) assert.equal(again.refusalOf(each), undefined);
  assert.ok(!new Pauses(new KeptFile(file.path)).isStopped);
});

test('what cannot be read, or names more than are kept, stops everything', () => {
  for (const text of ['', '{', '{"stopped":false}', '{"stopped":false,"agents":[1]}']) {
    const file = newFile();
    writeFileSync(file.path, text);
    assert.ok(new Pauses(file).isStopped, text);
  }
  const file = newFile();
  const pauses = new Pauses(file);
  for (let at = 0; at < 257; at += 1) {
    const origin = { agent_id: `agent://local/run/${at}`, session_id: String(at) };
    pauses.pause(origin);
    pauses.left(origin.session_id);
  }
  assert.ok(pauses.isStopped);
  assert.match(readFileSync(file.path, 'utf8'), /"stopped":true/);
});
