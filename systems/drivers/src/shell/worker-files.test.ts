import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ok } from '@ioi/basis';
import type { Json } from '@ioi/canon';
import { stepContracts } from '@ioi/law';
import type { ActionRequest, Outcome, SealedAction } from '@ioi/protocol';
import { requestFor, sealedAction } from '../testing/actions.ts';
import { workerFiles } from './worker-files.ts';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'ioi-worker-files-')));
const folder = join(root, 'inside');
mkdirSync(folder);
const edge = { secret: async () => undefined };
const { signal } = new AbortController();
const driver = workerFiles({
  folderOf: () => folder,
  argumentsOf: ({ request }) => ok(request.params as { [key: string]: Json }),
});
after(() => rmSync(root, { recursive: true }));

async function decide(target: string, params: ActionRequest['params']) {
  const contract = stepContracts.get(target);
  assert.ok(contract);
  const request = requestFor(contract, params, String(process.hrtime.bigint()));
  const facts = await driver.gather(contract, request);
  return facts.ok ? sealedAction(contract, request, facts.value) : facts.error.code;
}

async function sealed(target: string, params: ActionRequest['params']): Promise<SealedAction> {
  const action = await decide(target, params);
  assert.ok(typeof action !== 'string', String(action));
  return action;
}

async function act(target: string, params: ActionRequest['params']): Promise<Outcome> {
  return driver.perform(await sealed(target, params), edge, { signal });
}

const at = (name: string): string => join(folder, name);
const outputOf = (outcome: Outcome): unknown =>
  outcome.kind === 'completed' ? outcome.output : outcome.reason;

test('a file is written whole, read and listed, and a program stays one', async () => {
  writeFileSync(at('tool.sh'), 'echo one');
  chmodSync(at('tool.sh'), 0o750);
  const written = await act('fs::write', { path: at('tool.sh'), content: 'echo two' });
  assert.ok(written.kind === 'completed' && written.postconditions.every((each) => each.satisfied));
  assert.equal(statSync(at('tool.sh')).mode & 0o777, 0o750);
  assert.equal(outputOf(await act('fs::read', { path: at('tool.sh') })), 'echo two');
  await act('fs::write', { path: at('a.txt'), content: '' });
  assert.deepEqual(outputOf(await act('fs::list', { path: folder })), ['a.txt', 'tool.sh']);
});

test('nothing outside of the folder is asked for, also by way of a link', async () => {
  writeFileSync(join(root, 'outside.txt'), 'not yours');
  symlinkSync(join(root, 'outside.txt'), at('link'));
  assert.equal(await decide('fs::read', { path: join(root, 'outside.txt') }), 'path.outside');
  assert.equal(await decide('fs::write', { path: `${folder}-too`, content: '' }), 'path.outside');
  assert.equal(await decide('fs::read', { path: at('link') }), 'path.moved');
});

test('a link put there after the decision is not written through', async () => {
  const action = await sealed('fs::write', { path: at('new.txt'), content: 'mine' });
  symlinkSync(join(root, 'outside.txt'), at('new.txt'));
  const outcome = await driver.perform(action, edge, { signal });
  assert.equal(outcome.kind, 'failed_before_effect');
  assert.equal(readFileSync(join(root, 'outside.txt'), 'utf8'), 'not yours');
});

test('a folder swapped again and again for a link is never read or written through', async () => {
  const outside = join(root, 'elsewhere');
  for (const each of [at('swapped'), outside]) mkdirSync(each);
  writeFileSync(join(at('swapped'), 'note'), 'inside');
  writeFileSync(join(outside, 'note'), 'not yours');
  const path = join(at('swapped'), 'note');
  const told = new Set<unknown>();
  for (let round = 0; round < 60; round += 1) {
    const content = `mine ${round}`;
    const [read, write] = [
      await sealed('fs::read', { path }),
      await sealed('fs::write', { path, content }),
    ];
    const acting = [
      driver.perform(read, edge, { signal }),
      driver.perform(write, edge, { signal }),
    ];
    // Between any two of its steps, and at other ones each time.
    for (let turn = 0; turn < round % 7; turn += 1) await new Promise(setImmediate);
    renameSync(at('swapped'), at('moved'));
    symlinkSync(outside, at('swapped'));
    const [one] = await Promise.all(acting);
    assert.ok(one);
    told.add(outputOf(one));
    rmSync(at('swapped'));
    renameSync(at('moved'), at('swapped'));
  }
  assert.ok(!told.has('not yours'), [...told].join(', '));
  assert.equal(readFileSync(join(outside, 'note'), 'utf8'), 'not yours');
  assert.deepEqual(readdirSync(outside), ['note']);
});

test('what is no text, too large or not there is an error of the read', async () => {
  writeFileSync(at('bytes'), Uint8Array.of(0xff, 0xfe));
  assert.equal(outputOf(await act('fs::read', { path: at('bytes') })), 'it is no UTF-8 text');
  assert.equal(outputOf(await act('fs::read', { path: folder })), 'it is no file');
  const over = await act('fs::write', { path: folder, content: 'text' });
  assert.equal(outputOf(over), 'it is the folder of the run');
  assert.equal(outputOf(await act('fs::read', { path: at('missing') })), 'ENOENT');
});

test('after a stop what was written is told from what was not, and no draft is left', async () => {
  const done = await sealed('fs::write', { path: at('done.txt'), content: 'done' });
  assert.equal((await driver.reconcile(done)).kind, 'not_performed');
  await driver.perform(done, edge, { signal });
  assert.equal((await driver.reconcile(done)).kind, 'performed');
  const read = await sealed('fs::read', { path: at('done.txt') });
  assert.equal((await driver.reconcile(read)).kind, 'not_performed');
  assert.ok(!readdirSync(folder).some((name) => name.startsWith('.ioi-')));
});
