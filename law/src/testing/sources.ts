import assert from 'node:assert/strict';
import { parse } from 'smol-toml';
import { importPermissions, printImported, type SourceFile } from '../core/import/index.ts';
import { compilePolicy, evaluate, loadPolicy, runPolicyTests, subjectOf } from '../core/index.ts';

export const PROJECT = '/home/ada/shop';

export function source(
  program: SourceFile['program'],
  file: string,
  given: object | string,
): SourceFile {
  const text = typeof given === 'string' ? given : JSON.stringify(given, null, 2);
  const toml = file.endsWith('.toml') ? tomlIn(text) : undefined;
  const where = { project: PROJECT, home: '/home/ada', isOfProject: true };
  return { program, file, text, ...(toml === undefined ? {} : { toml }), ...where };
}

function tomlIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

/** What the policy of these files answers; each rule's own examples hold on the way. */
export function answers(files: readonly SourceFile[]): (target: string, params: object) => string {
  const text = printImported(importPermissions(files), 'imported');
  const loaded = loadPolicy(text);
  assert(loaded.ok, `${JSON.stringify(loaded)}\n${text}`);
  assert(runPolicyTests(loaded.value).every(({ isPassed }) => isPassed));
  const policy = compilePolicy(loaded.value.rules);
  return (target, params) => {
    const context = { agent_id: 'agent://import/test' };
    const request = { target, params: params as never, context, nonce: '0' };
    const subject = subjectOf(request, { workspace_root: PROJECT });
    return evaluate(policy, subject, { balance: () => 0n } as never).verdict;
  };
}
