import { type ImportedPolicy, printPlace } from '@ioi/law';

const COUNTED = [
  ['ALLOW', 'allow'],
  ['REQUIRE_APPROVAL', 'ask'],
  ['BLOCK', 'deny'],
] as const;

/** What became of the permissions: how many rules, and each entry that no rule says. */
export function importView({ rules, untranslated }: ImportedPolicy): readonly string[] {
  const counts = COUNTED.map(([action, verb]) => {
    return `${rules.filter(({ rule }) => rule.action === action).length} ${verb}`;
  });
  const head = `${rules.length} rules: ${counts.join(', ')}`;
  if (untranslated.length === 0) return [head];
  const missed = untranslated.map(({ decision, place, reason }) => {
    const careful =
      decision === 'deny' || decision === 'ask' ? '; what it might mean is asked' : '';
    return `  ${printPlace(place)}: ${reason}${careful}`;
  });
  return [head, `${untranslated.length} entries are not said by rules:`, ...missed];
}
