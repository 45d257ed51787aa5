import { isDigest, type Json } from '@ioi/canon';
import { readChainTime } from './chain-time.ts';
import { conditionNames, conditions } from './conditions.ts';
import { readFlows, readOrigins, readRequested } from './flow-conditions.ts';
import { canonicalDomain } from './host.ts';
import { canonicalAmount, isUnit } from './money.ts';
import { isPattern, printPattern, readPattern } from './path.ts';
import { compilePattern } from './pattern.ts';
import { readCommandText } from './read-commands.ts';
import { readIp, readMethodText, readPortList, readProtocolText } from './read-network.ts';
import {
  type JsonObject,
  type Reading,
  readCount,
  readList,
  readObject,
  readText,
  wrongType,
} from './reader.ts';
import type { Action, ConditionName, Conditions, ConditionValue } from './rules.ts';

const LONGEST_ENTRY = 4096;
const MOST_ENTRIES = 4096;
const MOST_CALLS = 1000;
const RATE = /^([1-9][0-9]{0,3})\/(second|minute|hour|day|s|m|h|d)$/;
const WINDOWS_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Singular spellings: one entry instead of a list (design ruling 3). */
const ALIASES = {
  allow_path: 'allow_paths',
  allow_command: 'allow_commands',
  allow_domain: 'allow_domains',
  allow_app: 'allow_apps',
  allow_ip: 'allow_ips',
  allow_method: 'allow_methods',
  allow_protocol: 'allow_protocols',
} as const;

type EntryReader = (value: string, pointer: string, reading: Reading) => string | undefined;

/** Conditions that hold a list of texts, by how one text is read. */
const entryReaders = {
  allow_apps: readEntry,
  allow_commands: readCommandText,
  allow_domains: readDomain,
  allow_ips: readIp,
  allow_methods: readMethodText,
  allow_protocols: readProtocolText,
  allow_paths: readPath,
  allow_sessions: readSession,
  allow_windows: readWindow,
  block_intents: readEntry,
} as const satisfies Partial<Record<ConditionName, EntryReader>>;

type ListName = keyof typeof entryReaders;
type Reader = (value: Json, pointer: string, reading: Reading) => unknown;

const readers: { readonly [K in Exclude<ConditionName, ListName>]: Reader } = {
  allow_ports: readPortList,
  allow_origins: readOrigins,
  block_flows: readFlows,
  block_text_pattern: readTextPattern,
  expires: readExpiry,
  max_day_spend: readAmount,
  max_session_spend: readAmount,
  max_spend: readAmount,
  rate_limit: readRate,
  rate_limit_per_origin: readRate,
  requested: readRequested,
  target_exists: (value, pointer, { faults }) =>
    typeof value === 'boolean' ? value : wrongType(faults, pointer, 'true or false'),
};

/** Authored conditions in their canonical spelling; undefined when any is faulty. */
export function readConditions(
  value: Json,
  pointer: string,
  action: Action | undefined,
  reading: Reading,
): Conditions | undefined {
  const optional = [...conditionNames, ...Object.keys(ALIASES)];
  const fields = { required: [], optional, unknown: 'policy.unknown_condition' } as const;
  const given = readObject(value, pointer, fields, reading);
  if (given === undefined) return undefined;
  const read: Record<string, unknown> = {};
  let isSound = checkAliases(given, pointer, reading);
  for (const [name, authored] of Object.entries(given)) {
    const place = `${pointer}/${name}`;
    const canonicalName = canonicalNameOf(name);
    const result =
      canonicalName === name
        ? readCondition(canonicalName, authored, place, reading)
        : readAlias(canonicalName as ListName, authored, place, reading);
    if (result === undefined || !isForAction(canonicalName, action, place, reading)) {
      isSound = false;
    } else {
      read[canonicalName] = result;
    }
  }
  return isSound ? (read as Conditions) : undefined;
}

function canonicalNameOf(name: string): ConditionName {
  return Object.hasOwn(ALIASES, name)
    ? ALIASES[name as keyof typeof ALIASES]
    : (name as ConditionName);
}

function readCondition(
  name: ConditionName,
  value: Json,
  pointer: string,
  reading: Reading,
): unknown {
  if (!isListName(name)) return readers[name](value, pointer, reading);
  const item = (each: Json, place: string): string | undefined =>
    typeof each === 'string'
      ? entryReaders[name](each, place, reading)
      : wrongType(reading.faults, place, 'a string');
  return readList(value, pointer, { least: 1, most: MOST_ENTRIES, item }, reading);
}

function readAlias(name: ListName, value: Json, pointer: string, reading: Reading): unknown {
  if (typeof value !== 'string') {
    const hint = `write \`${name}\` for several`;
    const message = 'expected a string';
    return reading.faults.add({ code: 'policy.wrong_type', pointer, message, hint });
  }
  const entry = entryReaders[name](value, pointer, reading);
  return entry && [entry];
}

function isListName(name: ConditionName): name is ListName {
  return Object.hasOwn(entryReaders, name);
}

function checkAliases(given: JsonObject, pointer: string, { faults }: Reading): boolean {
  let isSound = true;
  for (const [alias, name] of Object.entries(ALIASES)) {
    if (!Object.hasOwn(given, alias) || !Object.hasOwn(given, name)) continue;
    isSound = false;
    const message = `\`${alias}\` and \`${name}\` are the same condition`;
    faults.add({ code: 'policy.conflicting_alias', pointer: `${pointer}/${alias}`, message });
  }
  return isSound;
}

function isForAction(
  name: ConditionName,
  action: Action | undefined,
  pointer: string,
  { faults }: Reading,
): boolean {
  const { isRestrictiveOnly, isBudget, isAllowOnly } = conditions[name] as {
    isAllowOnly?: true;
    isRestrictiveOnly?: true;
    isBudget?: true;
  };
  let message: string | undefined;
  if (action === 'ALLOW' && isRestrictiveOnly) {
    message = `an ALLOW rule with \`${name}\` would allow what it names; use BLOCK`;
  } else if (action !== 'ALLOW' && isAllowOnly) {
    message = `only an ALLOW rule can have \`${name}\`: what restricts does not end by itself`;
  } else if (action === 'BLOCK' && isBudget) {
    message = `a BLOCK rule admits nothing that \`${name}\` could count; put it on ALLOW`;
  }
  if (message === undefined) return true;
  faults.add({ code: 'policy.condition_not_for_action', pointer, message });
  return false;
}

function readExpiry(value: Json, pointer: string, { faults }: Reading): string | undefined {
  const time = typeof value === 'string' ? readChainTime(value) : undefined;
  if (time !== undefined) return String(time);
  const message = 'expected a time such as "2026-11-22T08:00:00Z"';
  return faults.add({ code: 'policy.invalid_time', pointer, message });
}

function readEntry(value: string, pointer: string, reading: Reading): string | undefined {
  return readText(value, pointer, LONGEST_ENTRY, reading);
}

function readSession(value: string, pointer: string, { faults }: Reading): string | undefined {
  if (isDigest(value)) return value;
  const message = 'expected the id of a session: sha256: and 64 hex digits';
  return faults.add({ code: 'policy.invalid_context', pointer, message });
}

function readWindow(value: string, pointer: string, { faults }: Reading): string | undefined {
  if (/^(?:0|[1-9][0-9]{0,19})$/.test(value)) return value;
  const message = 'expected a window_id: digits, as text';
  return faults.add({ code: 'policy.invalid_context', pointer, message });
}

function readDomain(value: string, pointer: string, reading: Reading): string | undefined {
  const domain = canonicalDomain(value);
  if (domain !== undefined) return readText(domain, pointer, LONGEST_ENTRY, reading);
  const hint = value.includes('*')
    ? 'a host stands for itself and every name below it'
    : 'write the host alone, without scheme, port or path';
  const message = `\`${value.slice(0, 100)}\` is no host`;
  return reading.faults.add({ code: 'policy.invalid_host', pointer, message, hint });
}

/** Paths keep their bytes: no Unicode normalisation (design ruling 4). */
function readPath(value: string, pointer: string, reading: Reading): string | undefined {
  const pattern = value === '' ? { message: 'a path cannot be empty' } : readPattern(value);
  if (!isPattern(pattern)) {
    return reading.faults.add({ code: 'policy.invalid_path', pointer, ...pattern });
  }
  const path = printPattern(pattern);
  return readText(path, pointer, LONGEST_ENTRY, reading) === undefined ? undefined : path;
}

function readTextPattern(value: Json, pointer: string, reading: Reading): string | undefined {
  const pattern = readText(value, pointer, LONGEST_ENTRY, reading);
  if (pattern === undefined) return undefined;
  const compiled = compilePattern(pattern);
  if (typeof compiled !== 'string') return pattern;
  const hint = 'patterns are RE2: no look-around, no back-references';
  return reading.faults.add({ code: 'policy.invalid_pattern', pointer, message: compiled, hint });
}

function readAmount(
  value: Json,
  pointer: string,
  reading: Reading,
): ConditionValue<'max_spend'> | undefined {
  if (typeof value === 'number') {
    const amount = canonicalAmount(String(value));
    if (amount === undefined) return invalidAmount(pointer, reading);
    reading.bareAmounts.set(pointer, amount);
    return { amount, unit: reading.unit };
  }
  if (typeof value === 'string') {
    const amount = canonicalAmount(value);
    return amount === undefined ? invalidAmount(pointer, reading) : { amount, unit: reading.unit };
  }
  const fields = { required: ['amount', 'unit'], optional: [] };
  const given = readObject(value, pointer, fields, reading);
  if (given === undefined) return undefined;
  const { amount, unit } = given;
  const spelled = typeof amount === 'string' ? canonicalAmount(amount) : undefined;
  if (spelled === undefined) return invalidAmount(`${pointer}/amount`, reading);
  if (!isUnit(unit)) return invalidUnit(`${pointer}/unit`, reading);
  return { amount: spelled, unit };
}

export function invalidAmount(pointer: string, { faults }: Reading): undefined {
  const message = 'expected an amount of 0 or more with at most 18 decimals and no exponent';
  const hint = 'write it as a string of digits';
  return faults.add({ code: 'policy.invalid_amount', pointer, message, hint });
}

export function invalidUnit(pointer: string, { faults }: Reading): undefined {
  const message = 'expected a unit: a letter, then up to 31 letters, digits, `_`, `.` or `-`';
  return faults.add({ code: 'policy.invalid_amount', pointer, message });
}

function readRate(
  value: Json,
  pointer: string,
  reading: Reading,
): ConditionValue<'rate_limit'> | undefined {
  if (typeof value === 'string') {
    const match = RATE.exec(value);
    const count = Number(match?.[1]);
    const window_ms = WINDOWS_MS[match?.[2]?.[0] ?? ''];
    if (window_ms !== undefined && count <= MOST_CALLS) return { count, window_ms };
    const message = `expected a rate of at most ${MOST_CALLS}, such as "10/minute"`;
    const hint = 'windows are second, minute, hour and day, or s, m, h and d';
    return reading.faults.add({ code: 'policy.invalid_rate', pointer, message, hint });
  }
  const fields = { required: ['count', 'window_ms'], optional: [] };
  const given = readObject(value, pointer, fields, reading);
  if (given === undefined) return undefined;
  const counts = { least: 1, most: MOST_CALLS };
  const windows = { least: 1, most: Number.MAX_SAFE_INTEGER };
  const count = readCount(given['count'] as Json, `${pointer}/count`, counts, reading);
  const window_ms = readCount(given['window_ms'] as Json, `${pointer}/window_ms`, windows, reading);
  return count === undefined || window_ms === undefined ? undefined : { count, window_ms };
}
