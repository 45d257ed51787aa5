import { describeEntry, verdictWord } from '@ioi/law/shown';
import type { Explanation, LogEntry } from '@ioi/protocol';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { proven, shown, status, why } from './api.ts';
import {
  Badge,
  CARD,
  Facts,
  Failed,
  Folded,
  Foreign,
  Notice,
  Time,
  Title,
  toneOf,
} from './parts.tsx';

// Drawn where there is an act, and no page that comes first has one.
const Custody = lazy(async () => ({ default: (await import('./custody.tsx')).Custody }));

/** What is longer is drawn when somebody unfolds it. */
const OPEN_CHARACTERS = 100_000;

/** What an id stands for: what happened in order, why, and whether it is in the signed log. */
export function Found() {
  const { id } = useParams({ from: '/atlas/$id' });
  const { data, error, isPending } = useQuery(shown(id));
  const nodeId = useQuery(status).data?.node_id;
  const explained = useQuery({ ...why(id), enabled: data?.action !== undefined, retry: false });
  if (isPending) return <p>Looking it up.</p>;
  if (data === undefined) return <Unknown id={id} fault={error} />;
  return (
    <>
      <Title>
        <Foreign text={id} />
      </Title>
      {explained.data ? <Why explanation={explained.data} /> : null}
      {data.action === undefined || nodeId === undefined ? null : (
        <Suspense fallback={<p className="mt-6">Loading its chain of custody.</p>}>
          <Custody key={id} act={data.action.request_hash} nodeId={nodeId} />
        </Suspense>
      )}
      <h2 className="mt-8 mb-2 font-semibold text-base">What happened</h2>
      <ol className="space-y-3">
        {data.entries.map((entry) => (
          <li key={entry.seq}>
            <Step entry={entry} />
          </li>
        ))}
      </ol>
    </>
  );
}

function isShort(params: Explanation['request']['params']): boolean {
  return JSON.stringify(params).length <= OPEN_CHARACTERS;
}

function Unknown({ id, fault }: { id: string; fault: Error | null }) {
  return (
    <>
      <Title>
        Nothing is known as <Foreign text={id} />
      </Title>
      {fault ? <Failed fault={fault} /> : null}
      <p className="mt-3">
        An id is that of a receipt, a request, an operation or a policy, or a place in the log.{' '}
        <Link to="/atlas" search={{ q: id }} className="underline">
          Search for it
        </Link>
        , or{' '}
        <Link to="/atlas" className="underline">
          look through the log
        </Link>
      </p>
    </>
  );
}

function Why({ explanation }: { explanation: Explanation }) {
  const { request, verdict, code, rule_id: rule, field, rules } = explanation;
  const word = verdictWord(verdict);
  return (
    <section aria-label="Why">
      <Facts
        of={[
          ['Verdict', <Badge key="verdict" tone={toneOf(word)}>{`${word}  ${code}`}</Badge>],
          ['Target', <Foreign key="target" text={request.target} />],
          ['Agent', <Foreign key="agent" text={request.context.agent_id} />],
          ['Rule', <Foreign key="rule" text={rule ?? 'none fits: it is denied'} />],
          ...(field === undefined ? [] : [['Decided by', field] as const]),
        ]}
      />
      <Folded className="mt-2" summary="Parameters" startsOpen={isShort(request.params)}>
        {() => <Foreign block text={JSON.stringify(request.params, undefined, 2)} />}
      </Folded>
      <details className="mt-2">
        <summary>{`Rules of this target (${rules.length})`}</summary>
        <ul>
          {rules.map(({ rule_id, action, matched, field: missed }) => (
            <li key={rule_id}>
              <Foreign text={rule_id} /> {action}: {matched ? 'fits' : `does not fit (${missed})`}
            </li>
          ))}
        </ul>
      </details>
    </section>
  );
}

function Step({ entry }: { entry: LogEntry }) {
  const { seq, word, chainTime, operation, receiptId } = describeEntry(entry);
  return (
    <article className={CARD}>
      <h3 className="flex flex-wrap items-center gap-3">
        <Badge tone={toneOf(word)}>{word}</Badge>
        <Foreign text={`entry ${seq}  ${operation}`} />
        <Time millis={chainTime} />
      </h3>
      {receiptId === undefined ? null : (
        <p>
          Receipt <Foreign text={receiptId} />
        </p>
      )}
      <Proof seq={seq} />
      <Folded summary="As it stands in the log">
        {() => <Foreign block text={JSON.stringify(entry, undefined, 2)} />}
      </Folded>
    </article>
  );
}

/** The check is this browser's own; the node only brings what is checked. */
function Proof({ seq }: { seq: string }) {
  const nodeId = useQuery(status).data?.node_id;
  const query = useQuery({ ...proven(seq, nodeId ?? ''), enabled: nodeId !== undefined });
  const { data, error } = query;
  if (error) return <Failed fault={error} />;
  if (data === undefined) return <p>Checking it here.</p>;
  if (!data.isProven) {
    return (
      <Notice tone="bad">
        NOT PROVEN <code>{data.code}</code>: <Foreign text={data.message} />
      </Notice>
    );
  }
  const effect = data.effect === 'stands' ? '' : ', and was voided by a recovery: no effect';
  return (
    <p>
      <Badge tone="good">PROVEN</Badge>{' '}
      {`in this browser: in the signed log of ${data.size} entries${effect}`}
    </p>
  );
}
