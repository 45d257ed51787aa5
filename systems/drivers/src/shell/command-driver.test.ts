import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandContract } from '@ioi/law';
import type { ActionRequest, Ask, InputResponse, SealedAction } from '@ioi/protocol';
import { commandDriver } from './command-driver.ts';

const EDGE = { secret: async () => undefined };
const { signal } = new AbortController();
const request = { params: { command: 'echo', cwd: '/w' }, context: { session_id: 's' } };
const SEALED = { request, contract: commandContract() } as unknown as SealedAction;
const driver = commandDriver((session) => (session === 's' ? '/w' : undefined));

const perform = (answer?: InputResponse) => {
  const ask: Ask = async () => (answer === undefined ? {} : { run: answer });
  return driver.perform(SEALED, EDGE, { signal, ask });
};
const STREAM = { bytes: 2, sha256: 'ab'.repeat(32), text: 'x\n' };
const ended = (about: object): InputResponse => {
  const whole = { exit_code: 0, stdout: STREAM, stderr: { bytes: 0, text: '' }, ...about };
  return { kind: 'result', result: whole as never };
};

test('what was sealed is what its shell is told, and its end is the outcome', async () => {
  const told: unknown[] = [];
  const ask: Ask = async (requests) => {
    told.push(requests);
    return { run: ended({ exit_code: 1 }) };
  };
  const outcome = await driver.perform(SEALED, EDGE, { signal, ask });
  assert.deepEqual(told, [{ run: { method: 'shell/run', params: request.params } }]);
  assert.equal(outcome.kind, 'completed');
  assert.ok(outcome.kind === 'completed' && outcome.reportedError);
});

test('with no shell there nothing is begun, and what it says is held to its shape', async () => {
  assert.equal((await driver.perform(SEALED, EDGE, { signal })).kind, 'failed_before_effect');
  const error = (code: number) => perform({ kind: 'error', error: { code, message: 'why' } });
  assert.equal((await error(1)).kind, 'failed_before_effect');
  assert.equal((await error(0)).kind, 'effect_unknown');
  assert.equal((await perform()).kind, 'effect_unknown');
  // Agents that ask by a hook may not say it.
  const untold = await perform(ended({ exit_code: undefined }));
  assert.ok(untold.kind === 'completed' && !untold.reportedError);
  for (const odd of [
    { exit_code: 256 },
    { exit_code: null },
    { exit_code: -1 },
    { stdout: { ...STREAM, sha256: 'x' } },
    { stdout: { ...STREAM, text: 'x'.repeat(65_537) } },
    { stderr: { bytes: -1, text: '' } },
  ]) {
    assert.equal(
      (await perform(ended(odd))).kind,
      'effect_unknown',
      JSON.stringify(odd).slice(0, 80),
    );
  }
});

test('commands are read against the folder of their session, while it lasts', async () => {
  const facts = await driver.gather({} as never, request as unknown as ActionRequest);
  assert.deepEqual(facts, { ok: true, value: { workspace_root: '/w' } });
  const over = { ...request, context: { session_id: 'over' } } as unknown as ActionRequest;
  assert.equal((await driver.gather({} as never, over)).ok, false);
});
