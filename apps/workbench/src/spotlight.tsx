import { visible } from '@ioi/law/shown';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useSessions } from './agents.ts';
import { endRun, inbox, isOver, keepFromAsking, makeBackup, workerRuns } from './api.ts';
import { useDeciding } from './deciding.ts';
import { listenForChord } from './keyboard.ts';
import { BOX, BUTTON, Failed, Foreign } from './parts.tsx';
import { type Going, type Order, type Place, placesFor, type Sources } from './places.ts';
import { useMayRun } from './signed-in.tsx';
import { useOrder } from './stop.tsx';
import { chooseTheme, otherThan, themeNow } from './theme.ts';
import { workflows } from './workflows/workflow-queries.ts';

const LETTERS = ['k', ' '];
const LIST = 'spotlight-places';
/** A name stands on one line of it. */
const NAME = 100;
/** As much of an id, a path or a name as anybody types or pastes. */
const LONGEST = 1_024;
const DIALOG =
  'mx-auto mt-[10dvh] w-full max-w-2xl rounded-lg border border-slate-400 bg-white p-3 ' +
  'text-slate-900 backdrop:bg-black/50 dark:border-slate-600 dark:bg-slate-950 ' +
  'dark:text-slate-100';

const PLACE = 'flex cursor-pointer gap-3 rounded px-3 py-1.5';
const CHOSEN = 'bg-slate-200 dark:bg-slate-800';

type Shape = { readonly pages: Sources['pages']; readonly className: string };

/** Every screen, whatever waits, who runs, any id, and what can be ordered, by a few letters. */
export function Spotlight({ pages, className }: Shape) {
  const [isOpen, setOpen] = useState(false);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => listenForChord(LETTERS, () => setOpen((before) => !before)), []);
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  const close = (): void => setOpen(false);
  return (
    <>
      <button
        type="button"
        className={className}
        aria-haspopup="dialog"
        aria-keyshortcuts="Control+K Meta+K Control+Space Meta+Space"
        onClick={() => setOpen(true)}
      >
        Go to…
      </button>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: Escape does what a click beside it does */}
      <dialog
        ref={dialog}
        aria-label="Go to"
        className={DIALOG}
        onClose={close}
        onClick={({ target }) => target === dialog.current && close()}
      >
        {isOpen ? <Choice pages={pages} onDone={close} /> : null}
      </dialog>
    </>
  );
}

/** Drawn anew each time it is opened: it begins empty. */
function Choice({ pages, onDone }: { pages: Sources['pages']; onDone: () => void }) {
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const [order, setOrder] = useState<Place | undefined>(undefined);
  const leave = useGoing(onDone);
  const theme = otherThan(themeNow());
  const places = placesFor(text, { pages, theme, ...useSources() });
  const chosen = Math.min(at, places.length - 1);
  const go = (place: Place): void => {
    if ('order' in place.go) setOrder(place);
    else leave(place.go);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const place = places[chosen];
    const next = placeAfter(event.key, chosen, places.length);
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Enter' && place !== undefined) go(place);
    else if (next !== undefined) setAt(next);
    else return;
    event.preventDefault();
  };
  if (order !== undefined) return <Ordered place={order} onDone={onDone} />;
  return (
    <>
      <input
        // A dialog gives the focus to what asks for it.
        // biome-ignore lint/a11y/noAutofocus: it is what was asked for
        autoFocus
        role="combobox"
        aria-expanded="true"
        aria-controls={LIST}
        aria-autocomplete="list"
        aria-activedescendant={`${LIST}-${chosen}`}
        aria-label="Screen, request, run or id"
        placeholder="Screen, request, run or id"
        autoComplete="off"
        spellCheck={false}
        maxLength={LONGEST}
        className={BOX}
        value={text}
        onKeyDown={onKeyDown}
        onChange={({ target }) => {
          setText(target.value);
          setAt(0);
        }}
      />
      <Places places={places} chosen={chosen} onChoose={go} />
    </>
  );
}

function useSources(): Omit<Sources, 'pages' | 'theme'> {
  const mayOrder = useMayRun();
  const mayShow = useDeciding() !== undefined;
  const { sessions, isStopped } = useSessions(0);
  const waiting = useQuery(inbox).data?.pending ?? [];
  const runs = useQuery(workerRuns).data?.runs.filter((run) => !isOver(run)) ?? [];
  const kept = useQuery(workflows).data?.workflows.map(({ name }) => name) ?? [];
  return { mayOrder, mayShow, sessions, isStopped, waiting, runs, workflows: kept };
}

type Choosing = {
  readonly places: readonly Place[];
  readonly chosen: number;
  readonly onChoose: (place: Place) => void;
};

function Places({ places, chosen, onChoose }: Choosing) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.children.item(chosen)?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);
  return (
    <div
      ref={list}
      id={LIST}
      role="listbox"
      aria-label="Places"
      className="mt-2 max-h-[60dvh] overflow-auto"
    >
      {places.map((place, at) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: keys are heard in the box above
        <div
          key={`${place.kind} ${place.key}`}
          id={`${LIST}-${at}`}
          role="option"
          tabIndex={-1}
          aria-selected={at === chosen}
          className={at === chosen ? `${PLACE} ${CHOSEN}` : PLACE}
          onClick={() => onChoose(place)}
        >
          <span className="w-20 shrink-0">{visible(place.kind)}</span>
          <Foreign columns={NAME} text={place.name} />
        </div>
      ))}
    </div>
  );
}

/** Asked about once: a key too many orders nothing. */
function Ordered({ place, onDone }: { place: Place; onDone: () => void }) {
  const { give, isUnderWay, fault } = useOrder(async () => {
    if ('order' in place.go) await carriedOut(place.go.order);
    onDone();
  });
  return (
    <fieldset aria-label={place.name} className="flex flex-wrap items-center gap-3">
      <p className="w-full">
        <Foreign columns={NAME} text={place.name} />
      </p>
      {/* biome-ignore lint/a11y/noAutofocus: it is what was chosen */}
      <button type="button" autoFocus onClick={give} disabled={isUnderWay} className={BUTTON}>
        Do it
      </button>
      <button type="button" onClick={onDone} className={BUTTON}>
        Do not
      </button>
      {fault === undefined ? null : <Failed fault={fault} />}
    </fieldset>
  );
}

function carriedOut(order: Order): Promise<void> {
  if (order.kind === 'backup') return makeBackup();
  if (order.kind === 'end') return endRun('runs', order.run);
  return keepFromAsking(order.kind === 'pause' ? order : 'everything');
}

/** The list goes round. */
function placeAfter(key: string, at: number, count: number): number | undefined {
  if (key === 'ArrowDown') return (at + 1) % count;
  if (key === 'ArrowUp') return (at + count - 1) % count;
  return undefined;
}

type Leaving = Exclude<Going, { readonly order: Order }>;

function useGoing(onDone: () => void): (going: Leaving) => void {
  const navigate = useNavigate();
  const guardian = useDeciding();
  return (going) => {
    onDone();
    if ('theme' in going) chooseTheme(going.theme);
    else if ('decide' in going) guardian?.show(going.decide);
    else if ('takeBack' in going) guardian?.takeBack(going.takeBack);
    else if ('name' in going) void navigate({ to: going.to, params: { name: going.name } });
    else if ('id' in going) void navigate({ to: going.to, params: { id: going.id } });
    else void navigate({ to: going.to });
  };
}
