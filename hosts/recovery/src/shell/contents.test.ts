import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ArtifactStore } from '@ioi/agentgres/shell';
import { digestBytes } from '@ioi/canon';
import type { LogEntry } from '@ioi/protocol';
import { contentsFrom, decidedOn } from './contents.ts';

const folder = mkdtempSync(join(tmpdir(), 'ioi-contents-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const [seen, forgotten] = ['what was seen', 'what was forgotten'].map((text) => digestBytes(text));
const requestHash = `sha256:${'1'.repeat(64)}`;
const decision = {
  chain_time: '7',
  payload: { evidence: [seen, forgotten], request: { context: { agent_id: 'agent:a' } } },
  events: [{ type: 'receipt.emitted', request_hash: requestHash }],
} as unknown as LogEntry;

test('what a decision was made on is held again, as far as the backup has it', () => {
  const texts = new Map([[String(seen), 'what was seen']]);
  const store = contentsFrom(join(folder, 'nothing'), join(folder, 'fresh'));
  store.put(decidedOn(decision, texts));
  assert.equal(store.text(String(seen)), 'what was seen');
  const { artifactClass, agentId, created, ...rest } = store.artifact(String(seen)) ?? {};
  assert.deepEqual([artifactClass, agentId, created], ['evidence', 'agent:a', 7]);
  assert.equal('requestHash' in rest && rest.requestHash, requestHash);
  assert.equal(store.text(String(forgotten)), undefined);
  store.close();
});

test('what the folder before still has goes along', () => {
  const before = new ArtifactStore(join(folder, 'before', 'artifacts'));
  before.put(decidedOn(decision, new Map([[String(seen), 'what was seen']])));
  before.close();
  const store = contentsFrom(join(folder, 'before'), join(folder, 'after'));
  assert.equal(store.text(String(seen)), 'what was seen');
  store.close();
});

test('a log that cannot be read takes no contents with it', () => {
  const data = join(folder, 'damaged');
  const before = new ArtifactStore(join(data, 'artifacts'));
  before.put(decidedOn(decision, new Map([[String(seen), 'what was seen']])));
  before.close();
  writeFileSync(join(data, 'log.db'), 'no database');
  const store = contentsFrom(data, join(folder, 'mended'));
  assert.equal(store.text(String(seen)), 'what was seen');
  store.close();
});
