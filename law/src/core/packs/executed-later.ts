import { isPattern, isWithin, readPattern, readRequestPath } from '../policy/path.ts';
import { EXECUTED_LATER } from './places.ts';

const PLACES = EXECUTED_LATER.map(readPattern).filter(isPattern);

/** Whether people, editors or build servers execute what lies there; in doubt, yes. */
export function isExecutedLater(path: string): boolean {
  const components = readRequestPath(path);
  return components === undefined || PLACES.some((each) => isWithin(components, each.components));
}
