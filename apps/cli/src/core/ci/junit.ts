import { printChainTime } from '@ioi/law';
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

/** One test case for each act; what was blocked or needed an approval is a failure. */
export function junitText(judged: readonly Judged[]): string {
  const failures = judged.filter(({ outcome }) => outcome !== 'allowed');
  const head = `<testsuite name="${SUITE}" tests="${judged.length}" failures="${failures.length}">`;
  const cases = judged.map(caseOf);
  return ['<?xml version="1.0" encoding="UTF-8"?>', head, ...cases, '</testsuite>', ''].join('\n');
}

function caseOf({ act, outcome, why }: Judged): string {
  const { target, path = '', requestHash, agentId, stages } = act;
  const name = safe(path === '' ? target : `${target} ${path}`);
  const at = printChainTime(BigInt(stages[0]?.at ?? '0'));
  const open = `  <testcase classname="${safe(agentId)}" name="${name}" timestamp="${at}"`;
  if (outcome === 'allowed') return `${open}/>`;
  const failure = `<failure type="${outcome}" message="${safe(why)}">${requestHash}</failure>`;
  return `${open}>${failure}</testcase>`;
}

function safe(text: string): string {
  return text.replaceAll(
    UNSAFE,
    (found) => ENTITIES[found] ?? `\\u{${(found.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
