import type { Json } from '@ioi/canon';
import type { ActionRules } from '@ioi/protocol';
import { isPiiClass, type PiiClass, piiClasses } from '../cim/index.ts';
import { nearestName } from './nearest.ts';
import { type Reading, readList, readObject, wrongType } from './reader.ts';

export type AuthoredEgress = NonNullable<ActionRules['egress']>;
type EgressRule = AuthoredEgress[number];

const MOST_RULES = 256;

/** Lists of classes, and why one is named in at most one of the first three. */
const OUTCOMES = ['transform', 'require_approval', 'deny'] as const;
const LISTS = [...OUTCOMES, 'certain'] as const;

type TargetReader = (
  value: Json | undefined,
  pointer: string,
  reading: Reading,
) => string | undefined;

/** What is done about what leaves, by target; reports every fault at its place. */
export function readEgress(
  value: Json,
  pointer: string,
  readTarget: TargetReader,
  reading: Reading,
): AuthoredEgress | undefined {
  const seen = new Set<string>();
  const item = (each: Json, place: string): EgressRule | undefined => {
    const rule = readRule(each, place, readTarget, reading);
    if (rule === undefined) return undefined;
    const isSecond = seen.has(rule.target);
    seen.add(rule.target);
    if (!isSecond) return rule;
    const message = `another entry is about \`${rule.target}\``;
    const at = `${place}/target`;
    return reading.faults.add({ code: 'policy.duplicate_egress', pointer: at, message });
  };
  return readList(value, pointer, { least: 0, most: MOST_RULES, item }, reading);
}

function readRule(
  value: Json,
  pointer: string,
  readTarget: TargetReader,
  reading: Reading,
): EgressRule | undefined {
  const fields = { required: ['target'], optional: LISTS };
  const given = readObject(value, pointer, fields, reading);
  if (given === undefined) return undefined;
  const target = readTarget(given['target'], `${pointer}/target`, reading);
  const lists = new Map<string, PiiClass[]>();
  let isSound = target !== undefined;
  for (const name of LISTS) {
    const authored = given[name];
    if (authored === undefined) continue;
    const read = readClasses(authored, `${pointer}/${name}`, reading);
    if (read) lists.set(name, read);
    else isSound = false;
  }
  if (!isSound || target === undefined || !isOnce(lists, pointer, reading)) return undefined;
  return { target, ...Object.fromEntries(lists) };
}

function readClasses(value: Json, pointer: string, reading: Reading): PiiClass[] | undefined {
  const item = (each: Json, place: string): PiiClass | undefined => {
    if (isPiiClass(each)) return each;
    if (typeof each !== 'string') return wrongType(reading.faults, place, 'a string');
    const nearest = nearestName(each, piiClasses);
    const message = `expected one of ${piiClasses.join(', ')}`;
    const hint = nearest === undefined ? {} : { hint: `did you mean \`${nearest}\`?` };
    const code = 'policy.invalid_class';
    return reading.faults.add({ code, pointer: place, message, ...hint });
  };
  return readList(value, pointer, { least: 1, most: piiClasses.length, item }, reading);
}

/** A class in two lists would leave open which of them was meant. */
function isOnce(
  lists: ReadonlyMap<string, readonly PiiClass[]>,
  pointer: string,
  { faults }: Reading,
): boolean {
  const named = OUTCOMES.flatMap((name) => {
    return [...new Set(lists.get(name) ?? [])].map((each) => ({ name, each }));
  });
  const second = named.find(({ each }, at) => {
    return named.findIndex((other) => other.each === each) !== at;
  });
  if (!second) return true;
  const message = `\`${second.each}\` is in another list of this entry already`;
  faults.add({ code: 'policy.duplicate_egress', pointer: `${pointer}/${second.name}`, message });
  return false;
}

/** Sorted by target, then by class; what says nothing says it in one way. */
export function canonicalEgress(rules: AuthoredEgress): AuthoredEgress {
  const canonical = rules.map((rule) => {
    const lists = LISTS.flatMap((name) => {
      const classes = rule[name];
      return classes ? [[name, [...new Set(classes)].sort()] as const] : [];
    });
    return { target: rule.target, ...Object.fromEntries(lists) };
  });
  const keyed = canonical.map((rule) => [`${rule.target} ${JSON.stringify(rule)}`, rule] as const);
  return [...new Map(keyed).entries()]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([, rule]) => rule);
}
