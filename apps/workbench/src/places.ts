import { mainPath } from '@ioi/law/shown';
import type { InboxPage, RunEnvelope } from '@ioi/protocol';
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
  | { readonly to: '/workflows/$name'; readonly name: string }
  /** Shown in the guardian's window, where it is decided or signed: a request, or everything. */
  | { readonly decide: string }
  | { readonly takeBack: 'everything' }
  | { readonly theme: 'light' | 'dark' }
  | { readonly order: Order };

/** What is done at once; each can be ordered by whoever may run what runs here. */
export type Order =
  | { readonly kind: 'backup' | 'stop' }
  | { readonly kind: 'pause'; readonly session: string }
  | { readonly kind: 'end'; readonly run: string };

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
  /** There is a window of the guardian. */
  readonly mayShow: boolean;
  /** Of workers, those that are not over. */
  readonly runs: readonly RunEnvelope[];
  /** Kept ones, by name. */
  readonly workflows: readonly string[];
};

/** What fits a text, and a look into the log: at the last, or first where it looks like an id. */
export function placesFor(text: string, sources: Sources): Place[] {
  const { pages, theme, waiting, sessions, isStopped, workflows } = sources;
  const typed = text.trim();
  const all = [
    pages.map(({ to, name }): Place => ({ key: to, kind: 'Screen', name, go: { to } })),
    [{ key: theme, kind: 'Theme', name: `To ${theme}`, go: { theme } } satisfies Place],
    waiting.map(waitingPlace),
    sessions.map((session) => sessionPlace(session, isStopped)),
    workflows.map(workflowPlace),
    // Only for words that mean them: none is ordered by a key too many.
    typed === '' || !sources.mayShow ? [] : guardianPlaces(waiting),
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

type Waiting = Sources['waiting'][number];

function waitingPlace(item: Waiting): Place {
  const { request_hash: id } = item;
  return { key: id, kind: 'Waiting', name: askedText(item), go: { to: '/atlas/$id', id } };
}

function askedText({ request: { target, params, context } }: Waiting): string {
  const named = [target, mainPath(params), context.agent_id];
  return named.filter((each) => each !== undefined).join('  ');
}

/** What the guardian alone decides: it shows its own copy, and signs there. */
function guardianPlaces(waiting: Sources['waiting']): Place[] {
  const kind = 'Guardian';
  const everything = { key: 'take back', kind, name: 'Take back everything given so far' };
  return [
    ...waiting.map((item): Place => {
      const { request_hash: decide } = item;
      const name = `Decide ${askedText(item)}`;
      return { key: `decide ${decide}`, kind, name, go: { decide } };
    }),
    { ...everything, go: { takeBack: 'everything' } },
  ];
}

function workflowPlace(name: string): Place {
  const go = { to: '/workflows/$name', name } as const;
  return { key: `workflow ${name}`, kind: 'Workflow', name, go };
}

function sessionPlace(session: Session, isStopped: boolean): Place {
  const { id, live } = session;
  const name = `${nameOf(session)}  ${stateOf(live, isStopped)}`;
  return { key: id, kind: 'Run', name, go: { to: '/runs/$id', id } };
}

function orderPlaces({ sessions, isStopped, runs }: Sources): Place[] {
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
    ...runs.map(({ run_id: run, worker_id: worker = 'a step of the node' }): Place => {
      const name = `Cancel the run ${run} of ${worker}`;
      return { key: `cancel ${run}`, kind, name, go: { order: { kind: 'end', run } } };
    }),
  ];
}

/** Every word of it, anywhere. */
function fits(typed: string, text: string): boolean {
  const all = text.toLowerCase();
  const words = typed.toLowerCase().split(/\s+/);
  return words.every((word) => all.includes(word));
}
