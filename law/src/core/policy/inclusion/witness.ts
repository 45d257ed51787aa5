import type { Pausing } from '@ioi/basis';
import type { Situation } from './situation.ts';

/**
 * The situation with nothing in it that is not needed for what `holds` says: first halves and
 * then single entries of its lists are left out, then whole parameters and facts.
 */
export function* leastOf(
  given: Situation,
  holds: (situation: Situation) => boolean,
): Pausing<Situation> {
  let least = given;
  const attempt = (situation: Situation): boolean => {
    if (!holds(situation)) return false;
    least = situation;
    return true;
  };
  for (const list of LISTS) {
    for (let size = list.in(least).length; size >= 1; size = Math.floor(size / 2)) {
      for (let at = 0; at < list.in(least).length; ) {
        yield;
        const kept = list.in(least).filter((_, each) => each < at || each >= at + size);
        if (!attempt(list.with(least, kept))) at += size;
      }
    }
  }
  const [path, ...others] = textsIn(least.request.params['paths']);
  if (path !== undefined && others.length === 0) {
    const { paths: _, ...params } = least.request.params;
    attempt({ ...least, request: { ...least.request, params: { ...params, path } } });
  }
  for (const name of Object.keys(least.request.params)) attempt(withParam(least, name, undefined));
  for (const name of Object.keys(least.facts)) attempt(withFact(least, name, undefined));
  return least;
}

type List = {
  readonly in: (situation: Situation) => readonly string[];
  readonly with: (situation: Situation, kept: readonly string[]) => Situation;
};

const LISTS: readonly List[] = [
  ...['texts', 'paths', 'intents'].map((name) => ({
    in: ({ request }: Situation) => textsIn(request.params[name]),
    with: (situation: Situation, kept: readonly string[]) => withParam(situation, name, kept),
  })),
  {
    in: ({ facts }) => facts.resolved_addresses ?? [],
    with: (situation, kept) => withFact(situation, 'resolved_addresses', kept),
  },
  {
    in: ({ request: { params } }) => {
      const { command } = params;
      return typeof command === 'string' ? command.split('\n') : [];
    },
    with: (situation, kept) => {
      return withParam(situation, 'command', kept.length === 0 ? undefined : kept.join('\n'));
    },
  },
];

function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? (value as string[]) : [];
}

function withFact(situation: Situation, name: string, value: unknown): Situation {
  const { [name]: _, ...others }: Record<string, unknown> = situation.facts;
  return { ...situation, facts: value === undefined ? others : { ...others, [name]: value } };
}

function withParam(situation: Situation, name: string, value: unknown): Situation {
  const { [name]: _, ...others } = situation.request.params;
  const params = value === undefined ? others : { ...others, [name]: value };
  const request = { ...situation.request, params: params as Situation['request']['params'] };
  return { ...situation, request };
}
