import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServerEntry } from '../mcp-servers.ts';
import { AGENTS, type Agent } from './agents.ts';
import { changedLines } from './difference.ts';
import { isMounted, type Plan, planConnection } from './plan.ts';

const node = { command: '/bin/node', args: ['/ioi/main.ts', 'mcp'], env: { IOI_HOME: '/h' } };

function agentOf(id: string): Agent {
  const found = AGENTS.find((each) => each.id === id);
  assert.ok(found);
  return found;
}

function planned(
  id: string,
  text: string,
  mounted: readonly ServerEntry[] = [],
  keep = false,
): Plan {
  const plan = planConnection(agentOf(id), text, { node, mounted, keep });
  assert.ok(plan.ok, JSON.stringify(plan));
  return plan.value;
}

test('every agent that is known comes to start the node, also from nothing, and only once', () => {
  for (const { id, table } of AGENTS) {
    const first = planned(id, '');
    assert.ok(first.text.includes('IOI_HOME') && first.text.includes(table), id);
    const again = planned(id, first.text);
    assert.equal(again.text, first.text, id);
    assert.equal(again.moved.size, 0, id);
  }
});

test('what the node can start itself moves; what may hold a secret it cannot use stays', () => {
  const mcpServers = {
    files: { command: 'npx', args: ['files'] },
    remote: { url: 'https://a.example/mcp', headers: { Authorization: 'Bearer x' } },
    open: { url: 'https://b.example/mcp' },
    off: { command: 'x', disabled: true },
    filled: { command: 'x', args: [`\${HOME}`] },
  };
  const text = JSON.stringify({ mcpServers });
  const { moved, stays, text: after } = planned('cursor', text);
  assert.deepEqual([...moved.keys()], ['files', 'open']);
  assert.deepEqual(Object.keys(JSON.parse(after).mcpServers), ['remote', 'off', 'filled', 'ioi']);
  assert.match(stays.join('\n'), /remote stays: its headers may hold a secret/);
  assert.equal(planned('cursor', text, [], true).moved.size, 0);
});

test('opencode’s commands move as well', () => {
  const mcp = { mine: { type: 'local', command: ['npx', '-y', 'x'], environment: { A: 'b' } } };
  const { moved, text } = planned('opencode', JSON.stringify({ mcp }));
  const entry = { name: 'mine', command: 'npx', args: ['-y', 'x'], env: { A: 'b' } };
  assert.deepEqual(moved.get('mine'), entry);
  assert.deepEqual(JSON.parse(text).mcp.ioi.command, ['/bin/node', '/ioi/main.ts', 'mcp']);
});

test('two servers of one name are told apart, and one of two agents is mounted once', () => {
  const text = JSON.stringify({ mcpServers: { files: { command: 'npx', args: ['files'] } } });
  const same = { name: 'files', command: 'npx', args: ['files'] };
  const [shared] = planned('cursor', text, [same]).moved.values();
  assert.ok(shared !== undefined && isMounted(shared, [same]));
  const other = { name: 'files', command: 'other', args: [] };
  assert.equal(planned('cursor', text, [other]).moved.get('files')?.name, 'files-cursor');
  const both = [other, { ...other, name: 'files-cursor' }];
  assert.equal(planned('cursor', text, both).moved.get('files')?.name, 'files-2');
});

test('a secret is not shown wherever in a line it stands, or below its name', () => {
  const lines = [
    'env = { "API_KEY" = "sesame", A = "b" }',
    '{"mcpServers":{"x":{"env":{"GITHUB_TOKEN":"sesame"}}}}',
    'args = ["x", "--api-key=sesame"]',
    'args = ["--token", "sesame"]',
    '"url": "postgres://me:sesame@a.example/b"',
    '"--secret",\n"sesame"',
  ];
  for (const line of lines) assert.doesNotMatch(changedLines(line, '').join('\n'), /sesame/, line);
  assert.deepEqual(changedLines('"x",\n"y"', ''), ['- "x",', '- "y"']);
});

test('lines that differ are shown, and what may be a secret by its name alone', () => {
  const before = 'a\n[env]\nAPI_KEY = "sesame"\nz\n';
  assert.deepEqual(changedLines(before, 'a\nb\nz\n'), ['- [env]', '- API_KEY = …', '+ b']);
  assert.deepEqual(changedLines('', 'x\n'), ['+ x']);
  assert.deepEqual(changedLines('x\n', 'x\n'), []);
  const long = Array.from({ length: 600 }, (_, at) => `${at}`).join('\n');
  assert.equal(changedLines(long, `x\n${long}\ny`).length, 1202);
});
