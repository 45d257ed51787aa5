import { isGlob, isPattern, isWithin, readPattern, readRequestPath } from '../policy/path.ts';
import { foldCase, foldPattern } from '../policy/path-case.ts';
import { ALSO_EXECUTED_LATER } from './also-executed-later.ts';
import { EXECUTED_LATER } from './places.ts';

/** As large letters alone: in others it is the name of many a folder. */
const LARGE = 'WORKSPACE';

const PLACES = [...EXECUTED_LATER, ...ALSO_EXECUTED_LATER]
  .filter((place) => place !== `/**/${LARGE}`)
  .map(readPattern)
  .filter(isPattern)
  .map((place) => foldPattern(place).components);

const [NAMES, PATTERNS] = [new Set(PLACES.flatMap(nameOf)), PLACES.filter((each) => !isName(each))];

/**
 * Whether people, their agents, editors or build servers execute what lies there, also on disks
 * that do not tell upper from lower case; in doubt, yes.
 */
export function isExecutedLater(path: string): boolean {
  const components = readRequestPath(path);
  if (components === undefined || components.includes(LARGE)) return true;
  const folded = components.map(foldName);
  if (folded.at(-1) === LARGE.toLowerCase()) return true;
  return (
    folded.some((name) => NAMES.has(name)) || PATTERNS.some((place) => isWithin(folded, place))
  );
}

function isName([start, name = '', ...rest]: readonly string[]): boolean {
  return start === '**' && rest.length === 0 && !isGlob(name);
}

function nameOf(place: readonly string[]): readonly string[] {
  return isName(place) ? place.slice(1) : [];
}

/** Such disks also leave out what nobody sees. */
function foldName(name: string): string {
  return foldCase(name.replaceAll(/\p{Default_Ignorable_Code_Point}/gu, ''));
}
