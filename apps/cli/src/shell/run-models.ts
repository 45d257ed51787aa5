import type { RunModel } from '@ioi/protocol';
import { MODEL_VARIABLES, wayIn } from '../core/passed-models.ts';
import { usageFault } from './fault.ts';

type Beside = {
  /** Names of variables that the program gets otherwise. */
  readonly variables: readonly string[];
};

/** Ways to models, as `--models` names them: refused before anything is started. */
export function waysIn(named: readonly string[], { variables }: Beside): readonly RunModel[] {
  const ways = named.map((each) => {
    const way = wayIn(each);
    if (way !== undefined) return way;
    throw usageFault(`${each} is neither ROUTE nor MODEL=ROUTE`, 'ioi models list');
  });
  const twice = ways.find(({ model }, at) => ways.findIndex((way) => way.model === model) !== at);
  if (twice !== undefined) {
    throw usageFault(`${twice.model ?? 'every model'} has two routes: name one`);
  }
  const own = ways.length === 0 ? undefined : variables.find((each) => each in MODEL_VARIABLES);
  if (own === undefined) return ways;
  throw usageFault(`--models says what ${own} is: leave it out, or --models`, 'ioi run --help');
}
