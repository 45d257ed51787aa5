import { flowOrigins } from '../flow-conditions.ts';
import type { LiveRule } from './live-rule.ts';
import type { ScalarClasses } from './scalars.ts';
import type { Fragment } from './situation.ts';
import type { Work } from './work.ts';

type Provenance = NonNullable<NonNullable<Fragment['facts']>['provenance']>;

/** More labels than this on one target, not counting those that are blocked alone, are too many. */
const MOST_LABELS = 10;

/**
 * Nothing known of where values come from; and whether the act was asked for, with every set of
 * origins and every set of labels, as far as the rules speak of them.
 */
export const flowClasses: ScalarClasses = {
  *classes(rules, work) {
    const speaks = (name: 'requested' | 'allow_origins'): boolean =>
      rules.some(({ rule }) => rule.conditions[name] !== undefined);
    const requests: Partial<Provenance>[] = speaks('requested')
      ? [{}, { requested: true }, { requested: false }]
      : [{}];
    const destinations = speaks('allow_origins') ? subsetsOf(flowOrigins) : [[]];
    const labels = labelSets(rules, work);
    yield {};
    for (const request of requests) {
      for (const some of destinations) {
        for (const read of labels) {
          yield { facts: { provenance: { ...request, destinations: [...some], labels: read } } };
        }
      }
    }
  },
};

/** Labels that the new policy blocks whatever else is said are left out. */
function labelSets(rules: readonly LiveRule[], work: Work): string[][] {
  const fatal = new Set(rules.filter(blocksByFlowAlone).flatMap(flowsOf));
  const labels = new Set(rules.flatMap(flowsOf).flatMap((flow) => flow.split('+')));
  const open = [...labels].filter((label) => !fatal.has(label)).sort();
  if (open.length <= MOST_LABELS) return subsetsOf(open);
  work.giveUp('the rules of one target tell too many labels apart');
  return [];
}

function blocksByFlowAlone({ rule, inNew }: LiveRule): boolean {
  return inNew && rule.action === 'BLOCK' && Object.keys(rule.conditions).length === 1;
}

function flowsOf({ rule }: LiveRule): readonly string[] {
  return rule.conditions.block_flows ?? [];
}

function subsetsOf<T>(values: readonly T[]): T[][] {
  let subsets: T[][] = [[]];
  for (const value of values) subsets = subsets.flatMap((each) => [each, [...each, value]]);
  return subsets;
}
