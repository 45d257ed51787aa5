import { mainPath } from '@ioi/law/shown';
import type { InboxPage } from '@ioi/protocol';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import {
  type KeyboardEvent,
  lazy,
  memo,
  Suspense,
  useCallback,
  useEffect,
  useRef,
  useState,
} from 'react';
import { inbox } from './api.ts';
import { Asked } from './asked.tsx';
import { Anomalies, Proposed, Results } from './beside-inbox.tsx';
import { useDeciding } from './deciding.ts';
import { FirstRun } from './first-run.tsx';
import { listenForKeys } from './keyboard.ts';
import { keyFor, OwnKeysList, ownAction } from './own-keys.tsx';
import { Badge, BUTTON, Failed, Foreign, MAIN_BUTTON, QUIET, SURFACE, Title } from './parts.tsx';

// What works leases out is the law itself: it is loaded by whoever asks for one.
const LeasePanel = lazy(async () => ({
  default: (await import('./policy/lease-panel.tsx')).LeasePanel,
}));

type Item = InboxPage['pending'][number];

/** What waits for a person. It is decided at the guardian, which shows its own copy. */
export function Inbox() {
  const { data, error } = useQuery(inbox);
  // Where nothing has the focus yet, the key for the next one leads to the first.
  useEffect(() => listenForKeys(() => ({ [keyFor('next')]: focusFirst })), []);
  if (data === undefined) {
    return (
      <>
        <Title>Inbox</Title>
        {error === null ? <p>Reading what waits.</p> : <Failed fault={error} />}
      </>
    );
  }
  const items = data.pending;
  return (
    <>
      <Title>Inbox</Title>
      <p aria-live="polite" className={`mb-4 ${QUIET}`}>
        {items.length === 0 ? 'Nothing waits for you.' : `${items.length} to decide.`}
      </p>
      {items.length === 0 ? <Nothing /> : null}
      {items.length === 0 ? <FirstRun /> : null}
      <ul className="space-y-3">
        {items.map((item) => (
          <li key={item.request_hash}>
            <Waiting item={item} />
          </li>
        ))}
      </ul>
      <Proposed />
      <OwnKeysList />
      <Anomalies />
      <Results />
    </>
  );
}

function focusFirst(): void {
  document.querySelector<HTMLElement>('main article')?.focus();
}

function Nothing() {
  return (
    <p>
      When a rule asks for approval, the act waits here. What happened stands in the{' '}
      <Link to="/atlas" className="underline">
        Atlas
      </Link>
      ; <code>ioi connect</code> puts an agent behind this node.
    </p>
  );
}

/** As at the guardian: never by colour alone. */
const LOOKS = {
  low: { words: '○ low risk', tone: 'plain', edge: '' },
  high: {
    words: '▲ high risk',
    tone: 'bad',
    edge: 'border-l-8 border-l-red-700 dark:border-l-red-500',
  },
} as const;

/** What is below the edge is laid out when it is scrolled to: one more costs what one costs. */
const UNSEEN = '[content-visibility:auto] [contain-intrinsic-size:auto_20rem]';

/** Where it goes comes first: that is what decides. */
const Waiting = memo(function Waiting({ item }: { item: Item }) {
  const { request, request_hash: hash, risk_class: risk } = item;
  const question = questionIn(item);
  const look = risk === 'low' ? LOOKS.low : LOOKS.high;
  const deciding = useDeciding();
  const [isLeasing, setLeasing] = useState(false);
  const own = useRef<HTMLElement>(null);
  const close = useCallback(() => {
    setLeasing(false);
    own.current?.focus();
  }, []);
  const acts = {
    decide: () => deciding?.show(hash),
    lease: () => setLeasing(deciding !== undefined && question === undefined),
    close,
  };
  return (
    <article
      ref={own}
      // It takes the focus, so that single keys are about this one and no other.
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what has the focus is decided
      tabIndex={0}
      aria-labelledby={`of-${hash}`}
      className={`p-4 ${UNSEEN} ${SURFACE} ${look.edge}`}
      onKeyDown={(event) => heed(event, acts)}
    >
      <h2 id={`of-${hash}`} className="flex flex-wrap items-center gap-x-3 gap-y-1 font-semibold">
        {question === undefined ? null : (
          <>
            <Badge tone="warn">question</Badge>{' '}
          </>
        )}
        <Foreign text={titleOf(request.target, question?.words ?? mainPath(request.params))} />{' '}
        <Badge tone={look.tone}>{look.words}</Badge>
      </h2>
      {question === undefined ? null : <Choices of={question.choices} />}
      <Asked item={item} />
      <p className="flex flex-wrap items-center gap-2">
        {deciding === undefined ? null : (
          <button type="button" className={MAIN_BUTTON} onClick={() => deciding.show(hash)}>
            {question === undefined ? 'Decide at the guardian' : 'Answer at the guardian'}
          </button>
        )}{' '}
        {deciding === undefined || question !== undefined ? null : (
          <button type="button" className={BUTTON} onClick={acts.lease}>
            Work out a lease
          </button>
        )}{' '}
        <Link to="/atlas/$id" params={{ id: hash }} className="px-1 underline">
          Why it asks
        </Link>
      </p>
      <p className={`mt-3 text-sm ${QUIET}`}>
        In a terminal: <code>{`ioi ${question === undefined ? 'approve' : 'answer'} ${hash}`}</code>
      </p>
      {isLeasing ? (
        <section aria-label="A lease" className="mt-3">
          <Suspense fallback={<p role="status">Working out a lease.</p>}>
            <LeasePanel item={item} close={close} />
          </Suspense>
        </section>
      ) : null}
    </article>
  );
});

type Question = { readonly words: string; readonly choices: readonly string[] };

/** What an agent asks in words, where nobody answered it yet. */
function questionIn({ request: { target, params } }: Item): Question | undefined {
  const { question, choices, answer } = params as Readonly<Record<string, unknown>>;
  if (target !== 'person::ask' || answer !== '') return undefined;
  return {
    words: typeof question === 'string' ? question : 'a question that is not shown here',
    choices: Array.isArray(choices) ? [...new Set(choices.map(worded))] : [],
  };
}

/** A server that took this target may offer anything. */
function worded(choice: unknown): string {
  return typeof choice === 'string' ? choice : JSON.stringify(choice);
}

function titleOf(target: string, place: string | undefined): string {
  return place === undefined ? target : `${target}  ${place}`;
}

function Choices({ of: choices }: { readonly of: readonly string[] }) {
  if (choices.length === 0) return null;
  return (
    <ol aria-label="Answers that it offers" className="my-2 list-inside list-decimal">
      {choices.map((choice) => (
        <li key={choice}>
          <Foreign text={choice} />
        </li>
      ))}
    </ol>
  );
}

type Acts = Readonly<Record<'decide' | 'lease' | 'close', () => void>>;

/** Single keys of the one that has the focus itself; in it, Escape closes what is open. */
function heed(event: KeyboardEvent<HTMLElement>, acts: Acts): void {
  const { key, currentTarget, target, repeat } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || repeat) return;
  if (key === 'Escape') acts.close();
  const action = target === currentTarget ? ownAction(key) : undefined;
  if (action === undefined) return;
  event.preventDefault();
  if (action === 'decide' || action === 'lease') {
    acts[action]();
    return;
  }
  const items = [...document.querySelectorAll<HTMLElement>('main article')];
  items[items.indexOf(currentTarget) + (action === 'next' ? 1 : -1)]?.focus();
}
