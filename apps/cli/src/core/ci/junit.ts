import { printChainTime } from '@ioi/law';
import { type Isolation, isolationText } from './isolation.ts';
import type { Judged } from './judged.ts';

const SUITE = 'ioi';
/** Neither markup, nor what XML 1.0 cannot hold, nor what turns a line around. */
const UNSAFE = /[&<>"'\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}]/gu;
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** One test case for each act; all that did not happen as it was wanted is a failure. */
export function junitText(judged: readonly Judged[], isolation: Isolation): string {
  const failures = judged.filter(({ outcome }) => outcome !== 'allowed');
  const head = `<testsuite name="${SUITE}" tests="${judged.length}" failures="${failures.length}">`;
  const cases = judged.map(caseOf);
  const held = `<property name="ioi.isolation" value="${safe(isolationText(isolation))}"/>`;
  const properties = `  <properties>${held}</properties>`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    head,
    properties,
    ...cases,
    '</testsuite>',
    '',
  ].join('\n');
}

function caseOf({ target, path = '', digest, agentId, at, outcome, why }: Judged): string {
  const name = safe(path === '' ? target : `${target} ${path}`);
  const time = printChainTime(BigInt(at));
  const open = `  <testcase classname="${safe(agentId)}" name="${name}" timestamp="${time}"`;
  if (outcome === 'allowed') return `${open}/>`;
  const failure = `<failure type="${outcome}" message="${safe(why)}">${safe(digest)}</failure>`;
  return `${open}>${failure}</testcase>`;
}

function safe(text: string): string {
  return text.replaceAll(
    UNSAFE,
    (found) => ENTITIES[found] ?? `\\u{${(found.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
