import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DomainFacts, judgeDomain } from './judge-domain.ts';

/** A log of 10 entries whose commits end at 4, 8 and 10, looked at while all is well. */
const well: DomainFacts = {
  where: 'd',
  size: 10,
  marks: new Map([
    [4, { root: 'r4', stateRoot: 's4' }],
    [8, { root: 'r8', stateRoot: 's8' }],
    [10, { root: 'r10', stateRoot: 's10' }],
  ]),
  seal: { size: 10, root: 'r10' },
  heads: { size: 10, root: 'r10', stateRoot: 's10' },
  snapshot: { size: 8, stateRoot: 's8' },
  projections: [{ name: 'p', size: 4, root: 'r4' }],
};

function codes(change: Partial<DomainFacts>): string[] {
  return judgeDomain({ ...well, ...change }).map(({ code }) => code);
}

test('a domain whose parts agree is well', () => {
  assert.deepEqual(codes({}), []);
  assert.deepEqual(codes({ snapshot: undefined, projections: [] }), []);
});

test('log and seal are held against each other', () => {
  assert.deepEqual(codes({ seal: { size: 12, root: 'r12' } }), ['log.behind_seal', 'heads.behind']);
  assert.deepEqual(codes({ seal: { size: 10, root: 'other' } }), ['log.differs_from_seal']);
  const ahead = { heads: { size: 8, root: 'r8', stateRoot: 's8' } };
  assert.deepEqual(codes({ seal: { size: 8, root: 'r8' }, ...ahead }), ['log.unsealed_tail']);
  assert.deepEqual(codes({ seal: undefined }), ['seal.missing']);
  assert.deepEqual(codes({ seal: 'hidden' }), ['seal.hidden']);
});

test('heads are of this log, no longer than the seal, and have the state of their commit', () => {
  assert.deepEqual(codes({ seal: { size: 4, root: 'r4' } }), [
    'log.unsealed_tail',
    'seal.rolled_back',
  ]);
  assert.deepEqual(codes({ heads: { size: 10, root: 'x', stateRoot: 's10' } }), [
    'heads.of_another_log',
  ]);
  assert.deepEqual(codes({ heads: { size: 10, root: 'r10', stateRoot: 'x' } }), ['heads.differ']);
  assert.deepEqual(codes({ heads: { size: 8, root: 'r8', stateRoot: 's8' } }), ['heads.behind']);
  assert.deepEqual(codes({ heads: undefined }), []);
});

test('snapshot and projections are of this log', () => {
  assert.deepEqual(codes({ snapshot: 'damaged' }), ['tree.damaged']);
  assert.deepEqual(codes({ snapshot: { size: 8, stateRoot: 'x' } }), ['tree.differs']);
  assert.deepEqual(codes({ snapshot: { size: 9, stateRoot: 's8' } }), ['tree.differs']);
  const other = [
    { name: 'p', size: 4, root: 'x' },
    { name: 'q', size: 11, root: 'r11' },
    { name: 'empty', size: 0, root: '' },
  ];
  const of = 'projection.of_another_log';
  assert.deepEqual(codes({ projections: other }), [of, of]);
});
