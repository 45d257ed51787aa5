import {
  clipped,
  contentsIn,
  referenceIn,
  revealed,
  ruleCoverage,
  type ShownLine,
  shownParam,
} from '@ioi/law/shown';
import { type InboxPage, isActionRules } from '@ioi/protocol';
import { useQueries, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type RefObject, useEffect, useMemo, useRef, useState } from 'react';
import { spanText } from './amounts.ts';
import { content, effectivePolicy, inbox, payload } from './api.ts';
import { Marks } from './marks.tsx';
import { BLOCK, BUTTON, Failed, Folded, Foreign, QUIET, Time } from './parts.tsx';

type Item = InboxPage['pending'][number];

/** What is longer is drawn where somebody unfolds it. */
const OPEN_MOST = 800;
/** Bytes. What is longer is read at the guardian, or in a terminal. */
const CONTENT_MOST = 65_536;
/** Parameters of one request at a time; agents name as many as they like. */
const CHANGES_PAGE = 16;
/** Columns. */
const NAME = 60;
const SECOND = 1000;

/** Who asks, under which rule, what it would change, and what exactly is asked for. */
export function Asked({ item }: { item: Item }) {
  const { request, rule_id: rule, field, expires } = item;
  const own = useRef<HTMLDivElement>(null);
  const [most, setMost] = useState(CHANGES_PAGE);
  const changing = useMemo(() => changingIn(request.params), [request]);
  const names = useMemo(() => changing.slice(0, most), [changing, most]);
  const params = useRevealed(request.params, names, useSeen(own));
  const looked = useMemo(() => ({ ...request, params }), [request, params]);
  // A megabyte is not written out anew for each key.
  const exactly = useMemo(() => JSON.stringify(request.params, undefined, 2), [request]);
  return (
    <div ref={own}>
      <p className="mt-1">
        <Foreign text={request.context.agent_id} /> asks
        {rule === undefined ? '' : ' under the rule '}
        {rule === undefined ? null : <Foreign text={rule} />}
        {field === undefined ? '' : ` (${field})`}. <Left expires={expires} />
      </p>
      <Marks request={looked} />
      <Changes names={names} asked={request.params} params={params} />
      {changing.length <= most ? null : (
        <button type="button" className={BUTTON} onClick={() => setMost(most + CHANGES_PAGE)}>
          {`${most} of ${changing.length} changes are shown: show more`}
        </button>
      )}
      <Folded className="my-3" summary="Exactly this" startsOpen={exactly.length <= OPEN_MOST}>
        {() => <Foreign block text={exactly} />}
      </Folded>
      {rule === undefined ? null : (
        <Folded className="my-3" summary="What else this rule covers">
          {() => <Covered rule={rule} />}
        </Folded>
      )}
    </div>
  );
}

type Params = Item['request']['params'];

/** By name: edits, and contents that are short enough to be read. */
function changingIn(params: Params): readonly string[] {
  const changing = Object.entries(params).filter(([name, value]) => {
    const reference = referenceIn(value);
    if (reference !== undefined) return reference.bytes <= CONTENT_MOST;
    return shownParam(name, value).lines.some(({ kind }) => kind === 'old' || kind === 'new');
  });
  return changing.map(([name]) => name);
}

/** With the texts that stand in those by digest, where they were read and are those. */
function useRevealed(params: Params, names: readonly string[], isSeen: boolean): Params {
  const digests = useMemo(() => contentsIn(names.map((name) => params[name])), [params, names]);
  const read = useQueries({
    queries: digests.map((digest) => ({ ...content(digest), enabled: isSeen })),
    combine: textsOf,
  });
  return useMemo(() => {
    const texts = new Map(digests.map((digest, at) => [digest, read[at]]));
    return revealed(params, (digest) => texts.get(digest)) as Params;
  }, [params, digests, read]);
}

function textsOf(results: readonly { readonly data: string | null | undefined }[]) {
  return results.map(({ data }) => data ?? undefined);
}

/** It was on the screen once: of what is further down nothing is asked. */
function useSeen(place: RefObject<HTMLElement | null>): boolean {
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    if (place.current === null) return;
    const observer = new IntersectionObserver((entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      setSeen(true);
      observer.disconnect();
    });
    observer.observe(place.current);
    return () => observer.disconnect();
  }, [place]);
  return isSeen;
}

type Changing = {
  readonly names: readonly string[];
  readonly asked: Params;
  readonly params: Params;
};

/** What goes and what comes: edits, and texts that stand in the request by their digest. */
function Changes({ names, asked, params }: Changing) {
  const changes = useMemo(() => changesIn({ names, asked, params }), [names, asked, params]);
  return changes.map(({ name, lines }) => (
    <section key={name} aria-label={clipped(name, NAME)} className="my-3">
      <h3 className={`mb-1 ${QUIET}`}>
        <Foreign text={name} columns={NAME} />
      </h3>
      <Lines of={lines} />
    </section>
  ));
}

function changesIn({ names, asked, params }: Changing) {
  // What could not be read stands among all parameters, by its digest.
  const known = names.filter((name) => {
    return referenceIn(asked[name]) === undefined || typeof params[name] === 'string';
  });
  return known.map((name) => ({ name, lines: shownParam(name, params[name]).lines }));
}

const MARKS = { old: '- ', new: '+ ', same: '', note: '' } as const;
const LOOKS = {
  old: 'block text-red-800 dark:text-red-200',
  new: 'block text-emerald-800 dark:text-emerald-200',
  same: 'block',
  note: 'block italic',
} as const;

function Lines({ of: lines }: { of: readonly ShownLine[] }) {
  return (
    <pre
      // Long texts are scrolled, also by keyboard.
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region takes focus
      tabIndex={0}
      className={BLOCK}
    >
      {lines.map(({ kind, text }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is known by its place alone
        <span key={at} className={LOOKS[kind]}>
          {`${MARKS[kind]}${text}\n`}
        </span>
      ))}
    </pre>
  );
}

/** As the policy in force says it: what else would be asked about, and what waits because of it. */
function Covered({ rule: id }: { rule: string }) {
  const { data, error } = useQuery(effectivePolicy);
  const own = useQuery(rulesIn(data?.policy?.policy_hash));
  const above = useQuery(rulesIn(data?.organisation?.bundle?.policy_hash));
  const waiting = useQuery(inbox).data?.pending.filter(({ rule_id }) => rule_id === id).length ?? 0;
  const rules = [own.data, above.data].flatMap((each) => (isActionRules(each) ? each.rules : []));
  // The organisation may call one of its own so as well.
  const called = rules.filter(({ rule_id }) => rule_id === id);
  const fault = error ?? own.error ?? above.error;
  const isAsking = data === undefined || own.isLoading || above.isLoading;
  const none = isAsking ? 'Asking the node.' : 'The policy in force has no such rule.';
  return (
    <>
      {fault === null ? null : <Failed fault={fault} />}
      {called.length > 0 ? (
        <Foreign block text={called.map(ruleCoverage).join('\n')} />
      ) : fault === null ? (
        <p>{none}</p>
      ) : null}
      <p className="mt-1">
        {waiting > 1 ? `${waiting} requests wait because of it. ` : ''}
        <Link to="/atlas" search={{ q: id }} className="underline">
          What it decided before
        </Link>
      </p>
    </>
  );
}

function rulesIn(hash: string | undefined) {
  return { ...payload(hash ?? ''), enabled: hash !== undefined };
}

/** Drawn anew where its words change, and not with each second. */
function Left({ expires }: { expires: string }) {
  const [left, setLeft] = useState(() => leftText(expires));
  useEffect(() => {
    const tell = (): void => setLeft(leftText(expires));
    tell();
    const timer = setInterval(tell, SECOND);
    return () => clearInterval(timer);
  }, [expires]);
  if (left === '') return <>It ends now.</>;
  return (
    <>
      It ends in {left} (<Time millis={expires} />
      ), and then it is denied.
    </>
  );
}

function leftText(expires: string): string {
  const left = Number(expires) - Date.now();
  return left > 0 ? spanText(Math.max(left, SECOND)) : '';
}
