// The rules of the house, held against this checkout. The rules themselves are tested beside
// their files, on small made-up projects.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import * as tidy from './core/index.ts';
import { buildProject, readTexts } from './shell/index.ts';

const ROOT = join(import.meta.dirname, '../../..');
const project = buildProject(readTexts(ROOT));

function expectNone(findings: readonly tidy.Finding[]): void {
  const lines = findings.map(({ file, line, says }) => `${file}:${line} ${says}`);
  assert.ok(lines.length === 0, `\n${lines.join('\n')}\n`);
}

test('imports point down and siblings do not talk', () => {
  expectNone(tidy.importsPointDown(project));
});

test('packages import only what they declare', () => {
  expectNone(tidy.importsAreDeclared(project));
});

test('cores do not touch the world', () => {
  expectNone(tidy.coreIsPure(project));
});

test('the schema library stays in protocol and out of run time', () => {
  expectNone(tidy.typeboxStaysInProtocol(project));
});

test('files, functions, lines and parameters keep their bounds', () => {
  expectNone(tidy.sizesAreBounded(project));
});

test('no module state, default export, any, enum or vague name', () => {
  expectNone(tidy.shapeIsPlain(project, tidy.ALLOWED));
});

test('every package has its documents, and what they point at exists', () => {
  expectNone(tidy.documentsAreTrue(project));
});

test('every rule of every SPEC.md names tests that exist', () => {
  expectNone(tidy.specsAreHeld(project));
});

test('what is claimed of security names commands that exist to show it false', () => {
  expectNone(tidy.claimsCanFail(project));
});

test('no unfinished work, machine path or silenced test is anywhere', () => {
  expectNone(tidy.wordsAreClean(project));
});

test('package manifests agree with each other', () => {
  expectNone(tidy.manifestsAgree(project));
});

test('the project read from disk is the whole project', () => {
  for (const path of ['package.json', 'bin/ioi.cjs', 'tools/tidy/src/house.test.ts']) {
    assert.ok(project.files.has(path), path);
  }
  assert.ok(project.packages.length >= 4);
});
