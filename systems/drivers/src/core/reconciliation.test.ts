import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestBytes } from '@ioi/canon';
import { contractOf, requestFor } from '../testing/actions.ts';
import type { Observation, PathState } from './observation.ts';
import { reconcileFrom } from './reconciliation.ts';

const absent: PathState = { kind: 'absent', ancestor: '/w' };
const directory: PathState = { kind: 'directory' };
const file = (text: string): PathState => ({
  kind: 'file',
  bytes: text.length,
  digest: digestBytes(text),
});

function answer(tool: string, wasThere: boolean, now: Observation, performerGone = true): string {
  const contract = contractOf(tool);
  const params = { path: '/w/a', content: 'new', source: '/w/s', destination: '/w/a' };
  const facts = { target_exists: wasThere, workspace_root: '/w' };
  const request = requestFor(contract, params);
  return reconcileFrom({ contract, request, given: params, facts, now, performerGone }).kind;
}

test('content proves a write, absence of a new file disproves it', () => {
  assert.equal(answer('write_file', false, { target: file('new') }), 'performed');
  assert.equal(answer('write_file', true, { target: file('new') }), 'performed');
  assert.equal(answer('write_file', false, { target: absent }), 'not_performed');
});

test('what proves neither stays unknown', () => {
  assert.equal(answer('write_file', true, { target: file('old') }), 'unknown');
  assert.equal(answer('write_file', true, { target: absent }), 'unknown');
  assert.equal(answer('write_file', false, { target: file('half') }), 'unknown');
  assert.equal(answer('edit_file', true, { target: file('edited') }), 'unknown');
  assert.equal(answer('write_file', false, {}), 'unknown');
  const unseen: PathState = { kind: 'unobservable', reason: 'EACCES' };
  assert.equal(answer('write_file', false, { target: unseen }), 'unknown');
});

test('nothing is disproved while the performer may still be at it', () => {
  assert.equal(answer('write_file', false, { target: absent }, false), 'unknown');
  assert.equal(answer('write_file', false, { target: file('new') }, false), 'performed');
});

test('a move is proved by both its ends', () => {
  const moved = { target: file('x'), source: absent };
  assert.equal(answer('move_file', false, moved), 'performed');
  assert.equal(answer('move_file', true, moved), 'unknown');
  assert.equal(answer('move_file', false, { target: absent, source: file('x') }), 'not_performed');
  assert.equal(answer('move_file', false, { target: file('x'), source: file('x') }), 'unknown');
  assert.equal(answer('move_file', false, { target: absent, source: absent }), 'unknown');
});

test('a directory that is there is the effect, whoever made it', () => {
  assert.equal(answer('create_directory', false, { target: directory }), 'performed');
  assert.equal(answer('create_directory', true, { target: directory }), 'performed');
  assert.equal(answer('create_directory', false, { target: absent }), 'not_performed');
});

test('a read leaves nothing to reconcile', () => {
  assert.equal(answer('read_file', true, {}, false), 'not_performed');
});
