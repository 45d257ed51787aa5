import assert from 'node:assert/strict';
import { test } from 'node:test';
import { madeUp, spoken } from '../testing/made-up.ts';
import { documentsAreTrue, specsAreHeld } from './documents.ts';

const MAPS = { 'docs/GLOSSARY.md': '', 'docs/ARCHITECTURE.md': '' };

test('a path in the glossary or the architecture exists, as a file or as a folder', () => {
  const glossary = [
    'A `systems/firewall` decides in `systems/firewall/src/core/decide.ts`; see `systems/`.',
    'The type is `prim:fs.read`, the pattern `systems/*`, a path `/etc/passwd`.',
    'Gone: `systems/oracle` and `docs/absent.md`.',
  ].join('\n');
  const project = madeUp({
    ...MAPS,
    'docs/GLOSSARY.md': glossary,
    'systems/firewall/src/core/decide.ts': '',
  });
  assert.deepEqual(spoken(documentsAreTrue(project)), [
    'docs/GLOSSARY.md:3 systems/oracle does not exist',
    'docs/GLOSSARY.md:3 docs/absent.md does not exist',
  ]);
});

test('the maps themselves must be there', () => {
  assert.deepEqual(spoken(documentsAreTrue(madeUp({}))), [
    'docs/GLOSSARY.md:0 is missing',
    'docs/ARCHITECTURE.md:0 is missing',
  ]);
});

test('relative links lead somewhere', () => {
  const text = `[a](../README.md) [b](#part) [c](https://example.org/x) [d](no.md#x "title")`;
  const project = madeUp({ ...MAPS, 'docs/a.md': text, 'README.md': '' });
  assert.deepEqual(spoken(documentsAreTrue(project)), ['docs/a.md:1 no.md does not exist']);
});

test('every package has a README, and a SPEC when it ships', () => {
  const project = madeUp({ ...MAPS, 'law/README.md': '' }, { law: {}, 'tools/pack': {} });
  assert.deepEqual(spoken(documentsAreTrue(project)), [
    'law:0 has no SPEC.md',
    'tools/pack:0 has no README.md',
  ]);
});

const TESTS = `
  test('keys are ordered', () => {});
  it(\`digits are kept\`, () => {});
  test('case ' + name, () => {});`;

function specFindings(spec: string): string[] {
  const texts = { 'law/SPEC.md': spec, 'law/src/a.test.ts': TESTS };
  return specsAreHeld(madeUp(texts, { law: {} })).map(({ line, says }) => `${line} ${says}`);
}

test('a rule that names its source and an existing test is held', () => {
  const spec = `# Rules

- **C1** Keys are ordered. *(RFC 8785 3.2.3; test: \`src/a.test.ts\` "keys are ordered")*
- **C2** Digits are kept,
  over two lines. *(whitepaper 2.6; RFC 8785; tests: \`src/a.test.ts\` "digits are
  kept", \`src/a.test.ts\` "keys are ordered")*

- A remark that is no rule.
`;
  assert.deepEqual(specFindings(spec), []);
});

test('a rule without source, test, file or title is found, and so is a number used twice', () => {
  const spec = [
    '- **C1** No citation.',
    '- **C2** No test. *(RFC 8785)*',
    '- **C3** No file. *(RFC 8785; test: `src/b.test.ts` "keys are ordered")*',
    '- **C4** No title. *(RFC 8785; test: `src/a.test.ts` "case name")*',
    '- **C4** Twice. *(RFC 8785; test: `src/a.test.ts` "keys are ordered")*',
    '- **C5** No name. *(RFC 8785; test: somewhere)*',
  ].join('\n');
  assert.deepEqual(specFindings(spec), [
    '1 C1 does not end in *(source; test: `path` "title")*',
    '2 C2 does not end in *(source; test: `path` "title")*',
    '3 C3 names src/b.test.ts, which does not exist',
    '4 C4 names no test of src/a.test.ts: "case name"',
    '5 C4 is numbered twice',
    '6 C5 names no test',
  ]);
});

test('a SPEC without rules is found', () => {
  assert.deepEqual(specFindings('# Rules\n'), ['0 states no rule: - **C1** …']);
});
