import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DoctorFinding, DoctorReport } from '@ioi/protocol';
import { doctorView, isWell } from './doctor-view.ts';
import { paintNothing } from './paint.ts';

const finding = (severity: DoctorFinding['severity']): DoctorFinding => ({
  code: 'log.gap',
  severity,
  where: '/data\u001b[2J',
  message: 'missing: 3',
  means: 'gone',
  next: 'restore',
});
const report = (...severities: DoctorFinding['severity'][]): DoctorReport => {
  return { of: 'doctor', domains: 2, entries: 1200, findings: severities.map(finding) };
};

test('a finding says what it is, means and asks for, and nothing in it moves the terminal', () => {
  const lines = doctorView(report('broken'), paintNothing);
  assert.match(lines[0] ?? '', /^broken {6}log\.gap {2}\/data\\u\{1b\}\[2J$/);
  assert.deepEqual(lines.slice(1, 4), ['  found  missing: 3', '  means  gone', '  next   restore']);
  assert.equal(lines.at(-1), 'ill  1 findings in 2 domains, 1,200 entries');
});

test('notes alone are nothing wrong; anything else is', () => {
  assert.equal(isWell(report()), true);
  assert.equal(isWell(report('note')), true);
  assert.equal(isWell(report('note', 'repairable')), false);
  assert.match(doctorView(report('note'), paintNothing).at(-1) ?? '', /^well {2}2 domains/);
});
