import { mainPath } from '@ioi/law/shown';
import type { InboxPage } from '@ioi/protocol';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { inbox } from './api.ts';
import { Anomalies, Results } from './beside-inbox.tsx';
import { FirstRun } from './first-run.tsx';
import { Failed, Folded, Foreign, Time, Title } from './parts.tsx';

type Item = InboxPage['pending'][number];

/** What waits for a person. It is decided at the guardian, which shows its own copy. */
export function Inbox() {
  const { data, error, isPending } = useQuery(inbox);
  if (isPending) return <p>Reading what waits.</p>;
  if (error && data === undefined) return <Failed fault={error} />;
  const items = data?.pending ?? [];
  return (
    <>
      <Title>Inbox</Title>
      <p aria-live="polite" className="mb-3">
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
      <Anomalies />
      <Results />
    </>
  );
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

/** Where it goes comes first: that is what decides. */
function Waiting({ item }: { item: Item }) {
  const { request, request_hash: hash, rule_id: rule, field, expires } = item;
  const place = mainPath(request.params);
  return (
    <article className="rounded border border-slate-300 p-4 dark:border-slate-700">
      <h2 className="font-semibold">
        <Foreign text={place === undefined ? request.target : `${request.target}  ${place}`} />
      </h2>
      <p>
        <Foreign text={request.context.agent_id} /> asks
        {rule === undefined ? '' : ' under the rule '}
        {rule === undefined ? null : <Foreign text={rule} />}
        {field === undefined ? '' : ` (${field})`}. <Left expires={expires} />
      </p>
      <Folded className="my-2" summary="Exactly this">
        {() => <Foreign block text={JSON.stringify(request.params, undefined, 2)} />}
      </Folded>
      <p>
        Decide at the guardian&apos;s page, or by <code>{`ioi approve ${hash}`}</code>.{' '}
        <Link to="/atlas/$id" params={{ id: hash }} className="underline">
          Why it asks
        </Link>
      </p>
    </article>
  );
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;

function Left({ expires }: { expires: string }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), SECOND);
    return () => clearInterval(timer);
  }, []);
  const left = Number(expires) - now;
  if (!(left > 0)) return <>It ends now.</>;
  const words = left > MINUTE ? `${Math.ceil(left / MINUTE)} min` : `${Math.ceil(left / SECOND)} s`;
  return (
    <>
      It ends in {words} (<Time millis={expires} />
      ), and then it is denied.
    </>
  );
}
