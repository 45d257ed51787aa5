// Every command of the documents, against the command line itself.
import { deepEqual, ok } from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadPolicy, runPolicyTests } from '@ioi/law';
import { type ParseError, parse } from 'jsonc-parser';
import { buildProgram } from './program.ts';
import { type Block, blocksIn, commandsIn, complaintOf } from './testing/snippets.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const DOCUMENTS = ['README.md', 'CONTRIBUTING.md', 'apps/python/README.md', 'apps/sdk/README.md'];
const program = buildProgram(() => {});

function documents(): readonly string[] {
  const below = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' });
  return [...DOCUMENTS, ...below.map((name) => `docs/${name}`)].filter((n) => n.endsWith('.md'));
}

const blocks = documents().flatMap((file) =>
  blocksIn(file, readFileSync(join(ROOT, file), 'utf8')),
);

test('every command in a block of the documents is one, with options it has', () => {
  const shown = blocks.filter(({ language }) => language !== 'json').flatMap(commandsIn);
  ok(shown.length >= 300, `${shown.length} commands`);
  const complaints = shown.flatMap(({ place, words }) => {
    const says = complaintOf(program, words);
    return says === undefined ? [] : [`${place}: ioi ${words.join(' ')}: ${says}`];
  });
  deepEqual(complaints, []);
});

test('what the command line does not take is named, with file and line', () => {
  const text =
    'text\n```sh\nioi up --attach   # not so\nioi stauts; A=1 ioi log -n 5 | ioi why\n' +
    "npm run -s ioi -- down now\nioi worker pack x \\\n  --out y\nioi grow 'a\nb' > ioi\n```\n";
  const shown = blocksIn('a.md', text).flatMap(commandsIn);
  deepEqual(
    shown.map(({ place, words }) => `${place} ${complaintOf(program, words) ?? 'taken'}`),
    [
      'a.md:3 `ioi up` has no --attach',
      'a.md:4 `ioi` takes no stauts',
      'a.md:4 taken',
      'a.md:4 `ioi why` wants id',
      'a.md:5 `ioi down` takes no now',
      'a.md:6 `ioi worker pack` wants --key',
      'a.md:8 `ioi` takes no grow',
    ],
  );
});

/** A policy, or one of its rules, as a document has it; undefined for JSON about something else. */
function policyIn({ text }: Block): string | undefined {
  const parsed = parse(text) as
    | { policy_id?: unknown; target?: unknown; action?: unknown }
    | undefined;
  if (parsed === undefined || Array.isArray(parsed)) return undefined;
  if (parsed.policy_id !== undefined) return text;
  if (parsed.target === undefined || parsed.action === undefined) return undefined;
  const rule = { rule_id: 'shown', ...parsed };
  return JSON.stringify({ policy_id: 'shown', defaults: 'deny_all', rules: [rule] });
}

test('every policy and rule in the documents would be accepted, and its examples hold', () => {
  const json = blocks.filter(({ language, file }) => {
    return language === 'json' && !file.startsWith('docs/reference/');
  });
  const errors = (text: string): ParseError[] => {
    const found: ParseError[] = [];
    parse(text, found, { allowTrailingComma: true });
    return found;
  };
  // A field by itself stands in the file of another.
  const broken = json.filter(
    ({ text }) => errors(text).length > 0 && errors(`{${text}}`).length > 0,
  );
  deepEqual(
    broken.map(({ file, line }) => `${file}:${line}`),
    [],
  );
  const policies = json.flatMap((block) => {
    const text = policyIn(block);
    return text === undefined ? [] : [{ place: `${block.file}:${block.line}`, text }];
  });
  ok(policies.length >= 12, `${policies.length} policies`);
  const refused = policies.flatMap(({ place, text }) => {
    const loaded = loadPolicy(text);
    if (!loaded.ok) return loaded.error.map(({ message }) => `${place}: ${message}`);
    const failed = runPolicyTests(loaded.value).filter(({ isPassed }) => !isPassed);
    return failed.map(({ ruleId: rule }) => `${place}: examples of ${rule} do not hold`);
  });
  deepEqual(refused, []);
});
