import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';

export const REVISIONS = ['2025-11-25', '2026-07-28'] as const;
export type Revision = (typeof REVISIONS)[number];

/** Whom a scenario looks at: what serves, or what calls. */
export const ROLES = ['server', 'client'] as const;
export type Role = (typeof ROLES)[number];

export type Unscored = { readonly scenario: string; readonly leg: Role; readonly reason: string };

/** What the official suite froze for one revision. */
export type Requirements = Readonly<Record<Role, readonly string[]>> & {
  readonly not_scored: readonly Unscored[];
};

const PACKAGE = '@modelcontextprotocol/conformance/package.json';

/** Folder of the suite as npm installed it. */
export function suiteFolder(): string {
  return dirname(createRequire(import.meta.url).resolve(PACKAGE));
}

export function requirementsOf(revision: Revision): Requirements {
  const text = readFileSync(join(suiteFolder(), 'requirements', `${revision}.yaml`), 'utf8');
  return parse(text) as Requirements;
}
