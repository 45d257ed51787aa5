import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClassHead } from '@ioi/law';
import { inOrder, linksOf, type Step, tooEarly } from './import-order.ts';

const foreign = (enforcement_mode: string, pointer = '/of') => ({
  ...{ constraint_type: 'foreign_ref', enforcement_mode },
  expression: { pointer, object_class: 'Node' },
});
const links = (...constraints: readonly object[]) =>
  linksOf([{ name: 'Node', head: { constraints } as unknown as ClassHead }]);
const node = (id: string, of?: string): Step => {
  return { object_class: 'Node', id, value: of === undefined ? {} : { of } };
};
const ids = (steps: readonly Step[]): string => steps.map(({ id }) => id).join('');

test('what is named comes before what names it, and nothing else changes its place', () => {
  const steps = [node('a', 'd'), node('b'), node('c', 'a'), node('d', 'e'), node('e')];
  const ordered = inOrder(steps, links(foreign('immediate')));
  assert.equal(ids(ordered), 'edabc');
  assert.equal(tooEarly([ordered], links(foreign('immediate'))), undefined);
  assert.equal(inOrder(steps, links()), steps);
  const nested = { object_class: 'Node', id: 'n', value: { 'a/b': { of: 'm' } } };
  const within = links(foreign('immediate', '/a~1b/of'));
  assert.equal(ids(inOrder([nested, node('m')], within)), 'mn');
});

test('a long chain and a circle come to an end, each object once', () => {
  const chain = Array.from({ length: 20_000 }, (_, at) => node(`${at}`, `${at + 1}`));
  const ordered = inOrder(chain, links(foreign('immediate')));
  assert.deepEqual([ordered.length, ordered[0]?.id], [20_000, '19999']);
  const circle = [node('a', 'b'), node('b', 'c'), node('c', 'a'), node('s', 's')];
  assert.equal([...ids(inOrder(circle, links(foreign('deferred'))))].sort().join(''), 'abcs');
});

test('a circle is carried by one operation where the constraint waits for its end', () => {
  const circle = inOrder([node('a', 'b'), node('b', 'a')], links(foreign('deferred')));
  assert.equal(tooEarly([circle], links(foreign('deferred'))), undefined);
  assert.notEqual(tooEarly([circle], links(foreign('immediate'))), undefined);
  assert.notEqual(
    tooEarly(
      circle.map((each) => [each]),
      links(foreign('deferred')),
    ),
    undefined,
  );
  assert.equal(tooEarly([[node('s', 's')]], links(foreign('immediate'))), undefined);
  assert.equal(tooEarly([[node('a', 'gone')]], links(foreign('immediate'))), undefined);
});
