import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'smol-toml';
import { serversTable, withServers } from './edit-servers.ts';

const json = { format: 'json', table: 'mcpServers' } as const;
const toml = { format: 'toml', table: 'mcp_servers' } as const;
const put = { ioi: { command: 'node', args: ['main.ts', 'mcp'], env: { IOI_HOME: '/h' } } };

function inOrder(table: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(Object.entries(table).sort(([one], [other]) => (one < other ? -1 : 1)));
}

function edited(...given: Parameters<typeof withServers>): string {
  const after = withServers(...given);
  assert.ok(after.ok, JSON.stringify(after));
  return after.value;
}

test('in JSON with comments only what was meant changes', () => {
  const text =
    '{\n\t// mine\n\t"mcpServers": {\n\t\t"a": { "command": "x" }\n\t},\n\t"theme": 1e3\n}\n';
  const after = edited(text, json, { remove: ['a'], put });
  assert.ok(after.startsWith('{\n\t// mine\n\t"mcpServers": {\n\t\t"ioi": {'), after);
  assert.ok(after.endsWith('\n\t},\n\t"theme": 1e3\n}\n'), after);
});

test('in TOML a table goes with what is below it, and all else stays', () => {
  const head = '# mine\nmodel = "m" # keep\n\n';
  const own = '[mcp_servers."a b"]\ncommand = "npx"\n\n[mcp_servers."a b".env]\nTOKEN = "x"\n';
  const tail = '[[profiles]]\nnames = [\n  ["c"],\n]\n';
  const after = edited(`${head}${own}${tail}`, toml, { remove: ['a b'], put });
  assert.ok(after.startsWith(`${head}${tail}\n[mcp_servers.ioi]\ncommand = "node"\n`), after);
});

test('what cannot be changed in place is refused, and what cannot be read', () => {
  const refused = [
    ['mcp_servers = { a = { command = "x" } }\n', toml, 'connect.uneditable'],
    ['[mcp_servers]\na.command = "x"\n', toml, 'connect.uneditable'],
    ['text = """\n[mcp_servers.a]\n"""\n[mcp_servers.a]\nb = 1\n', toml, 'connect.uneditable'],
    ['a = \n', toml, 'connect.unreadable'],
    ['mcp_servers = 1\n', toml, 'connect.unreadable'],
    ['{"mcpServers": [}', json, 'connect.unreadable'],
    ['{"mcpServers": []}', json, 'connect.unreadable'],
    ['[]', json, 'connect.unreadable'],
  ] as const;
  for (const [text, file, code] of refused) {
    const after = withServers(text, file, { remove: ['a'], put });
    assert.equal(after.ok ? after.value : after.error.code, code, text);
  }
});

test('taken out and put back, a file says what it said', () => {
  const name = fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme-ascii' });
  const text = fc.string();
  const value = fc.record({ args: fc.array(text, { maxLength: 3 }), command: text });
  const names = fc.dictionary(name, value, { maxKeys: 4 });
  fc.assert(
    fc.property(names, names, fc.constantFrom(json, toml), (servers, others, file) => {
      const { [file.table]: _, ...rest } = others;
      const content = { ...rest, [file.table]: servers };
      const written = file === json ? JSON.stringify(content, null, 2) : stringify(content);
      const { ioi: before, ...own } = servers;
      const gone = edited(written, file, { remove: Object.keys(own), put });
      const mine = before === undefined ? {} : { ioi: before };
      const back = edited(gone, file, { remove: ['ioi'], put: { ...own, ...mine } });
      const read = serversTable(back, file);
      const said = read.ok ? inOrder(read.value) : read.error;
      assert.deepEqual(said, inOrder(servers));
    }),
    { numRuns: 300 },
  );
});
