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

test('no set of servers makes a name mean two things, or what another server already has', () => {
  const tool = fc.constantFrom('x', 'y', 'a__x', 'b__x', 'a__a__x', 'b__y');
  const servers = fc.uniqueArray(
    fc.record({
      server: fc.constantFrom('a', 'b', 'a__a'),
      tools: fc.uniqueArray(tool, { maxLength: 5 }),
    }),
    { selector: ({ server }) => server, maxLength: 3 },
  );
  fc.assert(
    fc.property(servers, (given) => {
      const shelves = given.map(({ server, tools }) => shelf(server, tools));
      const names = new Names(shelves, 'tools');
      const listed = names.listed().map(({ name }) => String(name));
      assert.equal(new Set(listed).size, listed.length);
      for (const name of listed) {
        const found = names.find(name);
        assert.ok(found);
        const owners = given.filter(({ tools }) => (tools as string[]).includes(name));
        // A name that servers use by themselves belongs to one that uses it.
        if (owners.length > 0) assert.ok(owners.some(({ server }) => server === found.server));
        assert.ok(owners.length < 2, `${name} is used by several`);
        assert.equal(names.nameOf(found.server, found.name), name);
      }
    }),
    { numRuns: 500 },
  );
});

test('a resource is read from who lists it, whose template it fits, or who alone has any', () => {
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

test('a template is fitted by its literal parts, in order', () => {
  assert.ok(fitsTemplate('file:///a/b.txt', 'file:///{path}.txt'));
  assert.ok(!fitsTemplate('file:///a/b.md', 'file:///{path}.txt'));
  assert.ok(fitsTemplate('test://template/7/data', 'test://template/{id}/data'));
  assert.ok(!fitsTemplate('aba', 'ab{x}ba'));
  assert.ok(fitsTemplate('x', 'x'));
  assert.ok(!fitsTemplate('x', undefined));
});
