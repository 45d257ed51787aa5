import { err, ok, type Result } from '@ioi/basis';
import type { OrganisationRoles } from '@ioi/protocol';
import { ROLES, type Role } from '@ioi/protocol';
import { readTimeSpan } from './time-span.ts';

/** What an organisation writes of roles; where its provider is reached is looked up. */
export type RolesAsked = Omit<
  OrganisationRoles,
  'authorization_endpoint' | 'token_endpoint' | 'keys'
>;

type Fields = Readonly<Record<string, unknown>>;

const KNOWN = ['issuer', 'client_id', 'claim', 'scope', 'fresh_login', 'groups'];
const PEOPLE = ['break_glass', 'offboarded'];
const GLASS = ['subject', 'public_key', 'longest'];

/** `/roles` of organisation.json; the error says where it is wrong. */
export function readRoles(value: unknown): Result<RolesAsked, string> {
  const fields = fieldsOf(value);
  if (fields === undefined) return err('/roles is no object');
  const unknown = Object.keys(fields).find((each) => ![...KNOWN, ...PEOPLE].includes(each));
  if (unknown) return err(`/roles/${unknown} is not known; known are ${[...KNOWN, ...PEOPLE]}`);
  const { issuer, client_id, claim = 'groups', scope = 'openid groups', groups } = fields;
  const { fresh_login = true, break_glass = [], offboarded = [] } = fields;
  for (const [name, text] of Object.entries({ issuer, client_id, claim, scope })) {
    if (typeof text !== 'string' || text === '') return err(`/roles/${name} is a text`);
  }
  if (typeof fresh_login !== 'boolean') return err('/roles/fresh_login is true or false');
  const mapped = readGroups(groups);
  if (!mapped.ok) return mapped;
  const glass = readBreakGlass(break_glass);
  if (!glass.ok) return glass;
  if (!isTexts(offboarded)) return err('/roles/offboarded are subjects of the provider');
  const texts = { issuer, client_id, claim, scope } as Record<'issuer', string>;
  return ok({
    ...(texts as Pick<RolesAsked, 'issuer' | 'client_id' | 'claim' | 'scope'>),
    is_fresh: fresh_login,
    groups: mapped.value,
    ...(glass.value.length === 0 ? {} : { break_glass: glass.value }),
    ...(offboarded.length === 0 ? {} : { offboarded: [...offboarded] }),
  });
}

/** The file with one person more who has no role; undefined where it gives no roles. */
export function offboardedIn(file: unknown, subject: string): object | undefined {
  const { roles, ...others } = fieldsOf(file) ?? {};
  const fields = fieldsOf(roles);
  if (fields === undefined) return undefined;
  const { offboarded: before } = fields;
  const offboarded = [...new Set([...(isTexts(before) ? before : []), subject])];
  return { ...others, roles: { ...fields, offboarded } };
}

/** As `{"ioi-auditors": "auditor"}`. */
function readGroups(value: unknown): Result<RolesAsked['groups'], string> {
  const groups = Object.entries(fieldsOf(value) ?? {});
  if (groups.length === 0) return err('/roles/groups says of each group which role it is');
  const wrong = groups.find(([, role]) => !isRole(role));
  if (wrong) return err(`/roles/groups/${wrong[0]} is ${ROLES.join(', ')}`);
  return ok(groups.map(([group, role]) => ({ group, role: role as Role })));
}

type Glass = NonNullable<RolesAsked['break_glass']>;

function readBreakGlass(value: unknown): Result<Glass, string> {
  const given = Array.isArray(value) ? value : undefined;
  const read: Glass = [];
  for (const [at, each] of (given ?? []).entries()) {
    const { subject, public_key, longest = '1h', ...more } = fieldsOf(each) ?? {};
    const place = `/roles/break_glass/${at}`;
    if (Object.keys(more).length > 0) return err(`${place} has ${GLASS.join(', ')}`);
    const span = typeof longest === 'string' ? readTimeSpan(longest) : undefined;
    if (span === undefined) return err(`${place}/longest is a time such as 1h`);
    if (typeof subject !== 'string') return err(`${place}/subject is one of the provider`);
    const key = fieldsOf(public_key);
    if (key === undefined) return err(`${place}/public_key is as \`ioi domain key new\` prints it`);
    read.push({
      subject,
      public_key: key as Glass[number]['public_key'],
      longest_ms: String(span),
    });
  }
  return given === undefined ? err('/roles/break_glass is a list') : ok(read);
}

function isRole(value: unknown): value is Role {
  return ROLES.some((role) => role === value);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string' && each !== '');
}

function fieldsOf(value: unknown): Fields | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as Fields) : undefined;
}
