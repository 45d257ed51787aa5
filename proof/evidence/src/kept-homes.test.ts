import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { TestNode } from '@ioi/cli/testing';
import { HOMES, KEPT, must, unpack, usedBy } from './kept-homes.ts';

const kept = readdirSync(HOMES).sort();

test('a node goes on in the folder of each release before', async (t) => {
  assert.ok(kept.length > 0, 'npm run evidence -- keep-home');
  for (const name of kept) await t.test(name, () => goesOn(join(HOMES, name)));
});

async function goesOn(packed: string): Promise<void> {
  const node = new TestNode();
  try {
    unpack(packed, node);
    must(await node.ioi('up', '--detach'));
    must(await node.activate());
    assert.deepEqual(await usedBy(node, 'second'), []);
    const log = join(node.folder, 'log.ioi');
    must(await node.ioi('export', '--out', log));
    const checkpoint = join(node.home.folder, KEPT.checkpoint);
    must(await node.ioi('verify', log, '--expect', checkpoint));
  } finally {
    await node.close();
  }
}
