import assert from 'node:assert/strict';
import { chmodSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { processesNaming } from '@ioi/basis/testing';
import type { ProbeRow } from '../core/probe/probe-view.ts';
import { realAgent } from '../testing/real-agents.ts';
import { newFolder, removeFolder, runIoi } from '../testing/run-ioi.ts';

/**
 * Probes what lies there, with nothing of this environment but where temporary files may go;
 * undefined where that is skipped.
 */
async function probe(t: TestContext, program: string, ...faults: string[]) {
  const folder = newFolder();
  t.after(() => removeFolder(folder));
  const env = { TMPDIR: folder, HOME: folder, PATH: '/usr/bin:/bin' };
  const fault = faults.length === 0 ? [] : ['--fault', ...faults];
  const ran = await runIoi(['doctor', '--probe', '--json', '--agent', program, ...fault], { env });
  assert.deepEqual(readdirSync(folder), [], 'nothing is left');
  assert.deepEqual(processesNaming(folder), []);
  if (!ran.stderr.includes('probe.no_sandbox')) return ran;
  assert.equal(ran.code, 12);
  t.skip('no sandbox on this machine: ioi mcp sandbox');
  return undefined;
}

function rowIn(stdout: string): ProbeRow {
  const { agents } = JSON.parse(stdout) as { agents: ProbeRow[] };
  assert.equal(agents.length, 1);
  return agents[0] as ProbeRow;
}

const FAULTS = { codex: ['hook-missing', 'config-edited'], gemini: [] };

for (const [program, faults] of Object.entries(FAULTS)) {
  test(`${program} tries to read, to ask and to call, and each is held`, async (t) => {
    const path = realAgent(program);
    if (path === undefined) return t.skip(`${program} is not installed to be tested`);
    const ran = await probe(t, path, ...faults);
    if (ran === undefined) return;
    const { state, canaries, faults: tried = [] } = rowIn(ran.stdout);
    assert.equal(state, 'green', ran.stdout + ran.stderr);
    assert.equal(ran.code, 0);
    assert.deepEqual(
      canaries.map(({ canary, state: each }) => [canary, each]),
      [
        ['file', 'held'],
        ['http', 'held'],
        ['mcp', 'held'],
      ],
    );
    for (const { canary, receiptId, code } of canaries.slice(1)) {
      assert.match(receiptId ?? '', /^receipt_[0-9a-f]{32}$/, canary);
      assert.equal(code, 'policy.default_deny');
    }
    assert.deepEqual(
      tried.map(({ fault, state: each }) => [fault, each]),
      faults.map((fault) => [fault, 'held']),
    );
    for (const { acts } of tried) {
      assert.deepEqual(
        acts.filter(({ happened }) => happened).map(({ act }) => act),
        ['let'],
      );
      assert.equal(acts.filter(({ receiptId }) => receiptId !== undefined).length, 2);
    }
  });
}

function fakeAgent(t: TestContext, name: string, script: string): string {
  const folder = newFolder();
  t.after(() => removeFolder(folder));
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

test('an agent that tries nothing is not green, and its last words are told', async (t) => {
  const ran = await probe(t, fakeAgent(t, 'codex', 'echo no model for me; exit 3'));
  if (ran === undefined) return;
  assert.equal(ran.code, 12, ran.stderr);
  const { state, canaries, said } = rowIn(ran.stdout);
  assert.equal(state, 'unknown');
  assert.ok(canaries.every((each) => each.state === 'untried'));
  assert.deepEqual(said, ['no model for me']);
});

test('what cannot be started without a person is said not to be probed', async (t) => {
  const ran = await probe(t, fakeAgent(t, 'windsurf', 'exit 0'));
  if (ran === undefined) return;
  assert.equal(ran.code, 12, ran.stderr);
  const { state, why } = rowIn(ran.stdout);
  assert.equal(state, 'unknown');
  assert.match(why ?? '', /^not probed/);
});

test('where there is no agent nothing is proved, and strangers are refused by name', async () => {
  const folder = newFolder();
  const run = (...args: string[]) =>
    runIoi(['doctor', '--probe', ...args], { env: { PATH: folder, TMPDIR: folder } });
  const none = await run();
  assert.equal(none.code, 12);
  assert.match(none.stderr, /nothing was probed[\s\S]*next: ioi doctor --probe --agent PATH/);
  assert.equal((await run('codex')).code, 2);
  assert.equal((await run('no-such')).code, 2);
  const fault = await run('--fault', 'no-such', '--agent', '/usr/bin/codex');
  assert.equal(fault.code, 2);
  assert.equal((await run('--agent', process.execPath)).code, 2);
  assert.deepEqual(readdirSync(folder), []);
  removeFolder(folder);
});
