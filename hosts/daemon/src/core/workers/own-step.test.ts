import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OwnGraphStep } from '@ioi/law';
import type { StepAnswer } from '@ioi/protocol';
import { type OwnStep, ownAsked, ownEnd, ownTask } from './own-step.ts';

const text = (name: string) => ({ name, type: 'text' as const });
const flag = { name: 'agreed', type: 'flag' as const };
const TOOL: OwnGraphStep = {
  ...{ step_id: 'read', kind: 'tool', tool: 'read_text_file', params: { head: 3 } },
  ...{ inputs: [text('path')], outputs: [text('content')] },
};
const MODEL: OwnGraphStep = {
  ...{ step_id: 'sum', kind: 'model', model_id: 'model://local/small', instruction: 'Sum up.' },
  ...{ inputs: [text('notes')], outputs: [text('summary')] },
};
const QUESTION: OwnGraphStep = {
  ...{ step_id: 'agree', kind: 'approval', question: 'Keep it?' },
  ...{ inputs: [text('summary')], outputs: [flag] },
};

const own = (step: OwnGraphStep): OwnStep => ({
  ...{ step, workflow: 'workflow://notes', contract_hash: '' },
  ...{ server: 'files', tool: 'read_text_file' },
});
const done = (output: unknown) => ({ kind: 'done', output }) as StepAnswer;
const came = (step: OwnGraphStep, answer: StepAnswer) => {
  const end = ownEnd({ step }, answer);
  return end.kind === 'returned' ? end.output : end.code;
};

test('a step of the node is one act, asked for with what came to it', () => {
  assert.deepEqual(ownAsked(own(TOOL), { path: 'a.txt' }).params, {
    ...{ server: 'files', tool: 'read_text_file', arguments: { head: 3, path: 'a.txt' } },
  });
  const { target, params } = ownAsked(own(MODEL), { notes: 'long' });
  const messages = [
    { role: 'system', content: 'Sum up.' },
    { role: 'user', content: 'long' },
  ];
  assert.deepEqual([target, params], ['model::invoke', { route: 'small', messages }]);
  const asked = ownAsked(own(QUESTION), { summary: 'short' });
  const shown = { workflow: 'workflow://notes', question: 'Keep it?', shown: 'short' };
  assert.deepEqual([asked.target, asked.params], ['workflow::ask', shown]);
  assert.deepEqual(ownTask(TOOL).input_schema['required'], ['path']);
});

test('what came fills the ports of its step and nothing else', () => {
  const content = [{ type: 'text', text: 'words' }];
  assert.deepEqual(came(TOOL, done({ content })), { content: 'words' });
  const records = { content: 'record', more: 1 };
  const structured = { content, structuredContent: records };
  assert.deepEqual(came(TOOL, done(structured)), { content: 'record' });
  assert.deepEqual(came({ ...TOOL, outputs: [] }, done({ content })), {});
  assert.deepEqual(came(MODEL, done({ text: 'short' })), { summary: 'short' });
  const two: OwnGraphStep = { ...MODEL, outputs: [text('summary'), flag] };
  const fenced = '```json\n{"summary":"short","agreed":true,"more":1}\n```';
  assert.deepEqual(came(two, done({ text: fenced })), { summary: 'short', agreed: true });
  assert.equal(came(two, done({ text: 'no object' })), 'no object');
  assert.match(JSON.stringify(ownAsked(own(two), { notes: '' })), /one JSON object/);
});

test('only a person says no; what nobody answered, or was blocked, fails', () => {
  const refused = (code: string): StepAnswer => ({ kind: 'refused', code, message: '' });
  assert.deepEqual(came(QUESTION, done(null)), { agreed: true });
  assert.deepEqual(came(QUESTION, refused('approval.denied')), { agreed: false });
  assert.equal(came(QUESTION, refused('approval.expired')), 'approval.expired');
  assert.equal(came(QUESTION, refused('policy.default_deny')), 'policy.default_deny');
  assert.equal(came({ ...QUESTION, outputs: [] }, refused('approval.denied')), 'approval.denied');
});
