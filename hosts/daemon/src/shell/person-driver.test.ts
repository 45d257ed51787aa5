import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ok } from '@ioi/basis';
import { askContract, questionContract } from '@ioi/law';
import type { SealedAction } from '@ioi/protocol';
import { personDriver } from './person-driver.ts';

const of = (contract: object): SealedAction => ({ contract }) as unknown as SealedAction;

function perform(answer: unknown) {
  const driver = personDriver(() => ok({ question: 'q', choices: [], answer } as never));
  return driver.perform(of(questionContract()), {} as never, {} as never);
}

test('the words of a person are given, and nothing where there are none', async () => {
  const given = await perform('next');
  assert.deepEqual(given.kind === 'completed' && given.output, {
    content: [{ type: 'text', text: 'next' }],
    structuredContent: { answer: 'next' },
  });
  for (const none of ['', ' ', undefined, {}, 7]) {
    assert.equal((await perform(none)).kind, 'failed_before_effect', JSON.stringify(none));
  }
});

test('an answer that has no receipt is not said to have been given', async () => {
  const driver = personDriver(() => ok({}));
  assert.equal((await driver.reconcile(of(questionContract()))).kind, 'not_performed');
  assert.equal((await driver.reconcile(of(askContract()))).kind, 'performed');
});
