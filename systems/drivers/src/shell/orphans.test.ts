import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startHostile } from '../testing/real-servers.ts';
import { toolCall } from '../testing/upstream-suite.ts';
import { OrphanRecord } from './orphans.ts';

type Records = { readonly folder: string; readonly file: string };

function recordsFor(context: TestContext): Records {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'ioi-orphans-')));
  context.after(() => rmSync(folder, { recursive: true }));
  return { folder, file: join(folder, 'hostile.process.json') };
}

test('no server is started beside one that could not be ended', async (context) => {
  const { folder, file } = recordsFor(context);
  const first = startHostile(folder);
  await toolCall(first, { tool: 'linger', arguments: {} });
  const record = readFileSync(file, 'utf8');
  const second = startHostile(folder);
  // As where the process may not be signalled, or waits inside the kernel.
  const kill = context.mock.method(process, 'kill', () => true);
  await assert.rejects(second.tools(), { code: 'upstream.unreachable' });
  assert.equal(await second.quiet(), false);
  assert.equal(readFileSync(file, 'utf8'), record, 'it is still the one remembered');
  kill.mock.restore();
  assert.equal(await second.quiet(), true);
  assert.ok((await second.tools()).length > 0);
  assert.equal(await second.quiet(), true);
  await second.close();
  await first.close();
});

test('what a damaged record may have named stays in doubt for later servers', async (context) => {
  const { folder, file } = recordsFor(context);
  writeFileSync(file, 'rubbish');
  for (const node of ['the first', 'one after it']) {
    const upstream = startHostile(folder);
    await upstream.tools();
    assert.equal(await upstream.quiet(), false, node);
    await upstream.close();
    assert.equal(await startHostile(folder).quiet(), false, node);
  }
  const mark = JSON.parse(readFileSync(file, 'utf8')) as object;
  writeFileSync(file, JSON.stringify({ ...mark, boot: 'an earlier one' }));
  assert.equal(await startHostile(folder).quiet(), true, 'nothing outlives the machine');
});

test('without a record a server that answers does not speak for those before it', async () => {
  const upstream = startHostile();
  await upstream.tools();
  assert.equal(await upstream.quiet(), false);
  await upstream.close();
});

test('where processes cannot be seen, only one watched to its end is gone', async (context) => {
  const { folder, file } = recordsFor(context);
  const record = new OrphanRecord(folder, 'hostile');
  const unknown = JSON.stringify({ pid: 4_194_305, started: '', boot: '' });
  writeFileSync(file, unknown);
  assert.equal(await record.reap(), 'unknown');
  assert.equal(await record.reap(4_194_306), 'unknown');
  assert.equal(readFileSync(file, 'utf8'), unknown);
  assert.equal(await record.reap(4_194_305), 'gone');
  assert.equal(await record.reap(), 'gone');
});
