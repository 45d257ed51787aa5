import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRuntimeToolContract } from '@ioi/protocol';
import { askContract } from '../graphs/index.ts';
import { compilePolicy, type Layers, loadPolicy } from '../policy/index.ts';
import {
  isQuestionContract,
  isUnanswered,
  maySendQuestions,
  questionContract,
} from './question-contract.ts';

function layers(target: string, action: string, more: object = {}): Layers {
  const rules = [{ rule_id: 'r', target, action, conditions: {} }];
  const loaded = loadPolicy(JSON.stringify({ policy_id: 'p', rules, ...more }));
  assert.ok(loaded.ok, JSON.stringify(loaded));
  return { local: compilePolicy(loaded.value.rules) };
}

test('agents may ask where a rule names it, and where nothing above forbids it', () => {
  for (const target of ['person::ask', 'person::*']) {
    assert.ok(maySendQuestions(layers(target, 'ALLOW')), target);
    assert.ok(maySendQuestions(layers(target, 'REQUIRE_APPROVAL')), target);
    assert.ok(!maySendQuestions(layers(target, 'BLOCK')), target);
  }
  assert.ok(!maySendQuestions(layers('fs::*', 'ALLOW')));
  assert.ok(!maySendQuestions(layers('fs::*', 'ALLOW', { mode: 'observe' })));
  const { local } = layers('person::ask', 'ALLOW');
  const above = layers('person::ask', 'BLOCK').local;
  assert.ok(local && above);
  assert.ok(!maySendQuestions({ local, ceiling: { policy: above } }));
});

test('a question is a contract of its own, which always wants a person', () => {
  const contract = questionContract();
  assert.ok(isRuntimeToolContract(contract));
  assert.equal(contract.approval, 'always');
  assert.ok(isQuestionContract(contract));
  assert.ok(!isQuestionContract({ ...contract, server: 'files' }));
  assert.ok(!isQuestionContract(askContract()));
});

test('what has no words for an answer is unanswered', () => {
  const asked = (answer: unknown) => ({ params: { question: 'q', choices: [], answer } }) as never;
  for (const answer of ['', ' ', '\n']) assert.ok(isUnanswered(questionContract(), asked(answer)));
  assert.ok(!isUnanswered(questionContract(), asked('yes')));
  // One too long to stand in the request is none the less one.
  assert.ok(!isUnanswered(questionContract(), asked({ $payload: 'sha256:0', bytes: 9 })));
  assert.ok(!isUnanswered(askContract(), asked('')));
});
