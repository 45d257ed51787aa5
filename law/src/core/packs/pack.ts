import { CREDENTIALS, GIT, SYSTEM } from './places.ts';

/** A policy that comes with the program: what `pack:` and its name stand for. */
export type Pack = {
  readonly name: string;
  readonly summary: string;
  /** As an author would write it; `loadPolicy` reads it. */
  readonly text: string;
};

export type PackRule = {
  readonly rule_id: string;
  readonly target: string;
  readonly conditions: object;
  readonly action: 'ALLOW' | 'BLOCK' | 'REQUIRE_APPROVAL';
  readonly justification: string;
  readonly match?: readonly object[];
  readonly not_match?: readonly object[];
};

type Draft = {
  readonly name: string;
  readonly summary: string;
  readonly unit?: string;
  readonly rules: readonly PackRule[];
};

/** Every pack denies the same places, whatever else it is for. */
export function pack({ name, summary, unit, rules }: Draft): Pack {
  const policy = {
    policy_id: name,
    defaults: 'deny_all',
    ...(unit === undefined ? {} : { unit }),
    rules: [...denials('fs::*', 'files'), ...denials('sys::exec', 'commands'), ...rules],
  };
  return { name, summary, text: `// ${summary}\n${JSON.stringify(policy, null, 2)}\n` };
}

/** An example in the workspace `/w`. */
export function inWorkspace(params: object, facts: object = {}): object {
  return { params, facts: { workspace_root: '/w', ...facts } };
}

function denials(target: string, kind: 'files' | 'commands'): readonly PackRule[] {
  const naming = (path: string): object =>
    inWorkspace(kind === 'files' ? { path } : { argv: ['cat', path] });
  const deny = (
    what: string,
    entries: readonly string[],
    examples: readonly string[],
    justification: string,
  ): PackRule => ({
    rule_id: `never_${what}_by_${kind}`,
    target,
    conditions: { allow_paths: entries },
    action: 'BLOCK',
    justification,
    match: examples.map(naming),
    not_match: [naming('/w/src/notes.md')],
  });
  return [
    deny('system', SYSTEM, ['/etc/passwd', '/usr/bin/env', '/proc/self/mem'], 'The system itself.'),
    deny(
      'credentials',
      CREDENTIALS,
      ['/home/ada/.ssh/id_ed25519', '/w/.env.local', '/w/key.pem'],
      'Keys, tokens, and profiles of browsers.',
    ),
    deny('git_settings', GIT, ['/w/.git/hooks/pre-commit', '/w/.git/config'], 'Git runs these.'),
  ];
}
