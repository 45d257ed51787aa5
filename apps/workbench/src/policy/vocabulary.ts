import schema from '@ioi/protocol/schemas/ActionRules.json';
import type { Place } from '../code/place.ts';
import { constantsIn, namesIn, type Shape, shapesAt } from '../code/shape.ts';

const SHAPE = schema as Shape;
/** What one writes beside a rule that is not in the canonical form. */
const BESIDE_RULES = ['match', 'not_match', 'justification'];
const EXAMPLES = ['match', 'not_match'];
const OF_EXAMPLES = ['params', 'facts', 'context'];

/** What can stand somewhere in a policy; of targets those that are known here. */
export function offeredAt({ path, isName }: Place, targets: readonly string[]): readonly string[] {
  if (isName) return namesAt(path);
  return path.at(-1) === 'target' ? targets : constantsIn(shapesAt(SHAPE, path));
}

function namesAt(path: readonly string[]): readonly string[] {
  if (path[0] === 'rules' && EXAMPLES.includes(path[1] ?? '')) {
    return path.length === 2 ? OF_EXAMPLES : [];
  }
  const names = namesIn(shapesAt(SHAPE, path));
  return path.length === 1 && path[0] === 'rules' ? [...names, ...BESIDE_RULES] : names;
}
