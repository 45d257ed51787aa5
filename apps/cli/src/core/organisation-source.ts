import { err, ok, parseUrl, type Result } from '@ioi/basis';
import { parseNoteKey } from '@ioi/crypto';
import { isOrganisationSettings, type OrganisationSettings } from '@ioi/protocol';
import { type RolesAsked, readRoles } from './organisation-roles.ts';
import { readTimeSpan } from './time-span.ts';

/** What an organisation edits and publishes from: `organisation.json` in a folder of its own. */
export type OrganisationFile = {
  readonly organisation_id: string;
  /** Policies in the same folder, joined to one. */
  readonly layers: readonly string[];
  readonly maxAgeMs: string;
  readonly stale: 'block' | 'ask' | 'keep';
  readonly settings: OrganisationSettings;
  readonly roles?: RolesAsked;
};

export const ORGANISATION_NAME = /^org:\/\/[A-Za-z0-9._~%@:+*/-]{1,500}$/;
const RULES = ['layers', 'packs', 'max_age', 'stale'];
const KNOWN = ['organisation_id', ...RULES, 'retention', 'witnesses', 'roles'];
const STALE: Readonly<Record<string, OrganisationFile['stale']>> = {
  block: 'block',
  ask: 'ask',
  keep: 'keep',
};

/** As it stands in the file; the error says where it is wrong. */
export function readOrganisationFile(value: unknown): Result<OrganisationFile, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return err('it is no object');
  }
  const file = value as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(file).find((each) => !KNOWN.includes(each));
  if (unknown !== undefined) return err(`/${unknown} is not known; known are ${KNOWN.join(', ')}`);
  const { organisation_id, layers = [], packs = [], max_age = '30d', retention, witnesses } = file;
  if (typeof organisation_id !== 'string' || !ORGANISATION_NAME.test(organisation_id)) {
    return err('/organisation_id is a name such as org://example');
  }
  if (!isTexts(layers) || !layers.every(isFileName)) {
    return err('/layers are names of files beside it');
  }
  if (!isTexts(packs)) return err('/packs are names of packs: ioi policy packs');
  if (layers.length + packs.length === 0) return err('neither /layers nor /packs hold any rules');
  const span = typeof max_age === 'string' ? readTimeSpan(max_age) : undefined;
  if (span === undefined) return err('/max_age is a time such as 12h or 30d');
  const stale = STALE[String(file['stale'] ?? 'ask')];
  if (stale === undefined) return err('/stale is block, ask or keep');
  const said = { packs, retention, witnesses };
  const present = Object.entries(said).filter(([, each]) => each !== undefined && !isEmpty(each));
  const settings: unknown = Object.fromEntries(present);
  if (!isOrganisationSettings(settings)) {
    return err('/retention and /witnesses are as OrganisationSettings (docs/reference)');
  }
  const wrong = wrongWitness(settings);
  if (wrong !== undefined) return err(wrong);
  const read = { organisation_id, layers, maxAgeMs: String(span), stale, settings };
  if (file['roles'] === undefined) return ok(read);
  const roles = readRoles(file['roles']);
  return roles.ok ? ok({ ...read, roles: roles.value }) : roles;
}

/** What `ioi org init` begins with. */
export function newOrganisationFile(organisationId: string): object {
  return {
    organisation_id: organisationId,
    layers: ['policy.json'],
    packs: [],
    max_age: '30d',
    stale: 'ask',
    retention: {},
    witnesses: [],
  };
}

/** A ceiling that lets files be read and asks about all else. */
export function newCeiling(): object {
  const asked = ['fs', 'net', 'sys', 'mcp', 'git', 'model'];
  const ruled = (rule_id: string, target: string, action: string, conditions: object = {}) => {
    return { rule_id, target, conditions, action };
  };
  return {
    policy_id: 'ceiling',
    defaults: 'deny_all',
    rules: [
      ...['read', 'list', 'stat', 'search'].map((verb) => ruled(verb, `fs::${verb}`, 'ALLOW')),
      ...asked.map((name) => ruled(`ask_${name}`, `${name}::*`, 'REQUIRE_APPROVAL')),
      ruled('keys', 'fs::*', 'BLOCK', { allow_paths: ['/**/.ssh', '/**/.aws', '/**/.gnupg'] }),
    ],
  };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string' && each !== '');
}

/** What every node would refuse with `bundle.settings_invalid`, or undefined. */
function wrongWitness({ witnesses = [] }: OrganisationSettings): string | undefined {
  const names = witnesses.map(({ name }) => name);
  for (const [at, { name, url, key }] of witnesses.entries()) {
    if (names.indexOf(name) !== at) return `/witnesses/${at}/name ${name} is taken`;
    if (!key.every((each) => parseNoteKey(each).ok)) return `/witnesses/${at}/key is none`;
    const { username, password } = parseUrl(url) ?? { username: '?' };
    if (username || password || /[?#]/.test(url)) return `/witnesses/${at}/url is no plain address`;
  }
  return undefined;
}

/** Beside the file, and nowhere else. */
function isFileName(name: string): boolean {
  return !/[/\\\0]/.test(name) && !name.startsWith('.');
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
