import type { Situation } from './situation.ts';

/**
 * The situation with nothing in it that is not needed for what `holds` says: first halves and
 * then single entries of its lists are left out, then whole parameters.
 */
export function leastOf(given: Situation, holds: (situation: Situation) => boolean): Situation {
  let least = given;
  const attempt = (situation: Situation): boolean => {
    if (!holds(situation)) return false;
    least = situation;
    return true;
  };
  for (const name of ['texts', 'paths', 'intents']) {
    for (let size = listIn(least, name).length; size >= 1; size = Math.floor(size / 2)) {
      for (let at = 0; at < listIn(least, name).length; ) {
        const kept = listIn(least, name).filter((_, each) => each < at || each >= at + size);
        if (!attempt(withParam(least, name, kept))) at += size;
      }
    }
  }
  const [path, ...others] = listIn(least, 'paths');
  if (path !== undefined && others.length === 0) {
    const { paths: _, ...params } = least.request.params;
    attempt({ ...least, request: { ...least.request, params: { ...params, path } } });
  }
  for (const name of Object.keys(least.request.params)) attempt(withParam(least, name, undefined));
  return least;
}

function listIn({ request }: Situation, name: string): readonly string[] {
  const value = request.params[name];
  return Array.isArray(value) ? (value as string[]) : [];
}

function withParam(situation: Situation, name: string, value: unknown): Situation {
  const { [name]: _, ...others } = situation.request.params;
  const params = value === undefined ? others : { ...others, [name]: value };
  const request = { ...situation.request, params: params as Situation['request']['params'] };
  return { ...situation, request };
}
