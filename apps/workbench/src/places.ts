import { mainPath } from '@ioi/law/shown';
import type { InboxPage } from '@ioi/protocol';
import { nameOf, type Session, stateOf } from './agents.ts';

/** Where a person can go, or what they can have done, by a few letters. */
export type Place = {
  readonly key: string;
  /** Of which kind it is: our word. */
  readonly kind: string;
  /** What it is called; an agent may have chosen it. */
  readonly name: string;
  readonly go: Going;
};

export type Going =
  | { readonly to: string }
  | { readonly to: '/atlas/$id' | '/runs/$id'; readonly id: string }
  | { readonly theme: 'light' | 'dark' }
  | { readonly order: Order };

/** What is done at once; each can be ordered by whoever may run what runs here. */
export type Order =
  | { readonly kind: 'backup' | 'stop' }
  | { readonly kind: 'pause'; readonly session: string };

/** Places of one kind that are offered at once. */
const MOST = 8;
/** An id of the log, or the beginning of one. */
const ID = /^([0-9]{1,15}|[0-9a-f]{6,64}|sha256:[0-9a-f]{4,64}|[a-z]+_[0-9a-f]{4,})$/;

export type Sources = {
  readonly pages: readonly { readonly to: string; readonly name: string }[];
  readonly theme: 'light' | 'dark';
  readonly waiting: InboxPage['pending'];
  readonly sessions: readonly Session[];
  readonly isStopped: boolean;
  readonly mayOrder: boolean;
};

/** What fits a text, and a look into the log: at the last, or first where it looks like an id. */
export function placesFor(text: string, sources: Sources): Place[] {
  const { pages, theme, waiting, sessions, isStopped } = sources;
  const typed = text.trim();
  const all = [
    pages.map(({ to, name }): Place => ({ key: to, kind: 'Screen', name, go: { to } })),
    [{ key: theme, kind: 'Theme', name: `To ${theme}`, go: { theme } } satisfies Place],
    waiting.map(waitingPlace),
    sessions.map((session) => sessionPlace(session, isStopped)),
    // Only for words that mean them: none is ordered by a key too many.
    typed === '' || !sources.mayOrder ? [] : orderPlaces(sources),
  ];
  const fitting = all.flatMap((places) =>
    places.filter(({ key, name, kind }) => fits(typed, `${kind} ${name} ${key}`)).slice(0, MOST),
  );
  if (typed === '') return fitting;
  const found = { key: `id ${typed}`, kind: 'Look up', name: typed } as const;
  const lookUp: Place = { ...found, go: { to: '/atlas/$id', id: typed } };
  const meant = fitting.filter(({ key }) => key === typed);
  return meant.length === 0 && ID.test(typed) ? [lookUp, ...fitting] : [...fitting, lookUp];
}

function waitingPlace({ request, request_hash: id }: InboxPage['pending'][number]): Place {
  const { target, params, context } = request;
  const name = [target, mainPath(params), context.agent_id].filter((each) => each !== undefined);
  return { key: id, kind: 'Waiting', name: name.join('  '), go: { to: '/atlas/$id', id } };
}

function sessionPlace(session: Session, isStopped: boolean): Place {
  const { id, live } = session;
  const name = `${nameOf(session)}  ${stateOf(live, isStopped)}`;
  return { key: id, kind: 'Run', name, go: { to: '/runs/$id', id } };
}

function orderPlaces({ sessions, isStopped }: Sources): Place[] {
  const kind = 'Order';
  const pausing = sessions.filter(({ live }) => live !== undefined && !live.paused && !isStopped);
  return [
    { key: 'backup', kind, name: 'Back up now', go: { order: { kind: 'backup' } } },
    ...(isStopped
      ? []
      : [{ key: 'stop', kind, name: 'Stop everything', go: { order: { kind: 'stop' } } } as const]),
    ...pausing.map((session): Place => {
      const order = { kind: 'pause', session: session.id } as const;
      return { key: `pause ${session.id}`, kind, name: `Pause ${nameOf(session)}`, go: { order } };
    }),
  ];
}

/** Every word of it, anywhere. */
function fits(typed: string, text: string): boolean {
  const all = text.toLowerCase();
  const words = typed.toLowerCase().split(/\s+/);
  return words.every((word) => all.includes(word));
}
