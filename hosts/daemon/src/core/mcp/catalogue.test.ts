import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { fitsTemplate, Names, ownerOf, resourcesOf, type Shelf } from './catalogue.ts';

function shelf(server: string, tools: string[], more: Partial<Shelf> = {}): Shelf {
  const named = tools.map((name) => ({ name, inputSchema: {} }));
  return { server, tools: named, prompts: [], resources: [], templates: [], ...more };
}

test('a name of one server is its own, a name of several says whose it is', () => {
  const names = new Names([shelf('a', ['read', 'echo']), shelf('b', ['echo'])], 'tools');
  assert.deepEqual(
    names.listed().map(({ name }) => name),
    ['read', 'a__echo', 'b__echo'],
  );
  assert.equal(names.find('echo'), undefined);
  assert.equal(names.find('b__echo')?.server, 'b');
  assert.equal(names.find('a__read')?.name, 'read');
  assert.equal(names.nameOf('b', 'echo'), 'b__echo');
});

test('no server takes the name of a tool of the node itself', () => {
  const own = ['person.ask', 'wallet.issueLease'];
  const names = new Names([shelf('a', own)], 'tools');
  for (const name of own) assert.equal(names.find(name), undefined);
  const listed = names.listed().map(({ name }) => name);
  assert.deepEqual(listed, ['a__person.ask', 'a__wallet.issueLease']);
});

const tool = fc.constantFrom('x', 'y', 'a__x', 'b__x', 'a__a__x', 'b__y');
const someServers = fc.uniqueArray(
  fc.record({
    server: fc.constantFrom('a', 'b', 'a__a', 'c'),
    tools: fc.uniqueArray(tool, { maxLength: 5 }),
  }),
  { selector: ({ server }) => server, minLength: 1, maxLength: 4 },
);

test('no servers make a name mean two things, or another server than it begins with', () => {
  fc.assert(
    fc.property(someServers, (given) => {
      const shelves = given.map(({ server, tools }) => shelf(server, tools));
      const names = new Names(shelves, 'tools');
      const listed = names.listed().map(({ name }) => String(name));
      assert.equal(new Set(listed).size, listed.length);
      for (const name of listed) {
        const found = names.find(name);
        assert.ok(found);
        assert.equal(names.nameOf(found.server, found.name), name);
        const isOwn = name.startsWith(`${found.server}__`);
        assert.ok(isOwn || !given.some(({ server }) => name.startsWith(`${server}__`)), name);
      }
    }),
    { numRuns: 500 },
  );
});

test('a server that is added takes over no name but those that begin with its own', () => {
  fc.assert(
    fc.property(someServers, (given) => {
      const shelves = given.map(({ server, tools }) => shelf(server, tools));
      const before = new Names(shelves.slice(0, -1), 'tools');
      const after = new Names(shelves, 'tools');
      const added = shelves.at(-1)?.server ?? '';
      for (const { name } of before.listed()) {
        const [was, is] = [before.find(String(name)), after.find(String(name))];
        const isSame = is?.server === was?.server && is?.name === was?.name;
        assert.ok(isSame || is === undefined || String(name).startsWith(`${added}__`), `${name}`);
      }
    }),
    { numRuns: 500 },
  );
});

test('what is not shown keeps its name, so that no other server gets it', () => {
  const names = new Names([shelf('a', ['send']), shelf('b', ['send'])], 'tools');
  const listed = names.listed(({ server }) => server === 'b');
  assert.deepEqual(
    listed.map(({ name }) => name),
    ['b__send'],
  );
});

test('a resource is read from the first that lists it or says so by a template', () => {
  const a = shelf('a', [], { resources: [{ uri: 'x:1' }] });
  const b = shelf('b', [], { templates: [{ uriTemplate: 'y:{id}/z' }] });
  assert.equal(ownerOf('x:1', [a, b]), 'a');
  assert.equal(ownerOf('y:7/z', [a, b]), 'b');
  assert.equal(ownerOf('y:7', [a, b]), undefined);
  assert.equal(ownerOf('other', [a, shelf('c', [])]), 'a');
  assert.deepEqual(
    resourcesOf([a, shelf('c', [], { resources: [{ uri: 'x:1', of: 'c' }] })], 'resources'),
    [{ uri: 'x:1' }],
  );
});

test('no later server takes a resource over, and no template without a scheme takes any', () => {
  const files = shelf('files', [], { templates: [{ uriTemplate: 'file:///{+path}' }] });
  const later = shelf('later', [], { resources: [{ uri: 'file:///a' }] });
  const all = ['{x}', '{+uri}', '{scheme}://{+rest}', 'f{+rest}'];
  const greedy = shelf('greedy', [], { templates: all.map((uriTemplate) => ({ uriTemplate })) });
  assert.equal(ownerOf('file:///a', [files, later]), 'files');
  assert.equal(ownerOf('file:///b', [greedy, files]), 'files');
  assert.equal(ownerOf('file:///b', [greedy]), 'greedy');
});

test('a template is fitted by its literal parts, in order', () => {
  assert.ok(fitsTemplate('file:///a/b.txt', 'file:///{path}.txt'));
  assert.ok(!fitsTemplate('file:///a/b.md', 'file:///{path}.txt'));
  assert.ok(fitsTemplate('test://template/7/data', 'test://template/{id}/data'));
  assert.ok(!fitsTemplate('aba', 'ab{x}ba'));
  assert.ok(fitsTemplate('x', 'x'));
  assert.ok(!fitsTemplate('x', undefined));
});
