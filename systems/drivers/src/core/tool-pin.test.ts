import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ListedTool } from './answer.ts';
import { toolPin } from './index.ts';

const tool: ListedTool = {
  name: 'send',
  title: 'Send',
  description: 'Sends a mail.',
  inputSchema: { type: 'object' },
  outputSchema: { type: 'object' },
  annotations: { readOnlyHint: false },
};

test('a pin changes with whatever a tool is presented as, and with nothing else', () => {
  const pin = toolPin(tool);
  assert.match(pin ?? '', /^sha256:/);
  const changes: Partial<ListedTool>[] = [
    { name: 'sent' },
    { title: 'Send!' },
    { description: 'Sends a mail. ' },
    { inputSchema: { type: 'object', description: 'x' } },
    { outputSchema: {} },
    { annotations: { readOnlyHint: true } },
  ];
  for (const change of changes) {
    const changed = { ...tool, ...change } as ListedTool;
    assert.notEqual(toolPin(changed), pin, JSON.stringify(change));
  }
  const { title, ...untitled } = tool;
  assert.notEqual(toolPin(untitled as ListedTool), pin, `${title} left out`);
  assert.equal(toolPin({ ...tool, _meta: { a: 1 }, icons: [] }), pin);
  assert.equal(toolPin(Object.fromEntries(Object.entries(tool).reverse()) as ListedTool), pin);
});

test('a tool without a canonical form has no pin', () => {
  assert.equal(toolPin({ ...tool, description: '\ud800' }), undefined);
});
