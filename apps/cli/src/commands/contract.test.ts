import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ToolDetail } from '@ioi/protocol';
import { contractsIn } from './contract.ts';

function listed(tool: string, ...names: string[]): ToolDetail {
  const properties = Object.fromEntries(names.map((name) => [name, { type: 'string' }]));
  return {
    server: 'desk',
    tool,
    input_schema: { type: 'object', properties },
    schema_hash: `sha256:${'0a'.repeat(32)}`,
  } as unknown as ToolDetail;
}

test('tools whose names fit into no contract are left out with a note, the others stay', () => {
  const notes: string[] = [];
  const output = { note: (line: string) => notes.push(line) };
  const details = [listed('a b'), listed('list_notes', 'query'), listed('call', 'arguments')];
  const contracts = contractsIn(details, output as Parameters<typeof contractsIn>[1]);
  assert.deepEqual(
    contracts.map(({ tool }) => tool),
    ['list_notes'],
  );
  assert.deepEqual(
    notes.map((note) => note.replace(/ is left out.*/, '')),
    ['a b', 'call'],
  );
});
