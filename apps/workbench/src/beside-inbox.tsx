import { actsIn, type ToldAct } from '@ioi/law/shown';
import type { LogEntry } from '@ioi/protocol';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useDeferredValue, useMemo } from 'react';
import { anomaliesIn } from './anomalies.ts';
import { logBefore, status } from './api.ts';
import { Command } from './command.tsx';
import { Section } from './loaded.tsx';
import { upkeep } from './node-queries.ts';
import { Badge, DIVIDED, Foreign, Notice, QUIET, SURFACE, Time, toneOf } from './parts.tsx';

/** Of the log: what came of acts is looked for among so many entries. */
const LOOKED_AT = 200;
const MOST_RESULTS = 5;

/** What is not as it should be; nothing where all is well. */
export function Anomalies() {
  const { data: now } = useQuery(status);
  const { data: noted } = useQuery(upkeep);
  const found = now === undefined ? [] : anomaliesIn(now, noted);
  if (found.length === 0) return null;
  return (
    <Section title="To look at">
      <ul className="space-y-2">
        {found.map(({ tone, text, command, search }) => (
          <li key={text}>
            <Notice tone={tone}>
              <Foreign text={text} />{' '}
              {search === undefined ? null : (
                <Link to="/atlas" search={{ q: search }} className="underline">
                  Which
                </Link>
              )}{' '}
              {command === undefined ? null : <Command text={command} />}
            </Notice>
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** What the node learnt while it observed: it waits for nobody, and decides nothing. */
export function Proposed() {
  const { data } = useQuery(status);
  const { proposal } = data ?? {};
  if (proposal?.proposed !== true) return null;
  return (
    <Section title="Proposed">
      <article className={`p-4 ${SURFACE}`}>
        <h3 className="font-semibold">
          <Badge tone="warn">proposal</Badge> A policy learnt from {proposal.acts} acts
        </h3>
        <p className="mt-1">
          The node only observes. It proposes to let rules decide that cover what happened, and
          nothing more.{' '}
          <Link to="/policy" className="underline">
            What they would have denied or asked about
          </Link>
        </p>
      </article>
    </Section>
  );
}

/** What came of the last acts that were performed. */
export function Results() {
  const { data } = useQuery(logBefore(undefined, LOOKED_AT));
  // What waits is drawn first.
  const entries = useDeferredValue(data?.entries);
  const performed = useMemo(() => performedIn(entries ?? []), [entries]);
  if (performed.length === 0) return null;
  return (
    <Section title="What came of the last">
      <ul className={`${DIVIDED} ${SURFACE}`}>
        {performed
          .slice(-MOST_RESULTS)
          .reverse()
          .map((act) => (
            <li key={act.requestHash}>
              <Result act={act} />
            </li>
          ))}
      </ul>
    </Section>
  );
}

function performedIn(newestFirst: readonly LogEntry[]): readonly ToldAct[] {
  return actsIn(newestFirst.toReversed()).filter(({ stages }) => {
    return stages.some(({ stage }) => stage === 'performed');
  });
}

function Result({ act: { requestHash, target, path, agentId, stages } }: { act: ToldAct }) {
  const last = stages.at(-1);
  if (last === undefined) return null;
  return (
    <Link
      to="/atlas/$id"
      params={{ id: requestHash }}
      className="grid grid-cols-[auto_1fr] items-center gap-x-3 gap-y-0.5 px-3 py-2 hover:underline"
    >
      <Badge tone={toneOf(last.word)}>{last.word}</Badge>
      <Foreign text={path === undefined ? target : `${target}  ${path}`} />
      <span className={`col-start-2 text-sm ${QUIET}`}>
        <Time millis={last.at} /> <Foreign text={agentId} />
      </span>
    </Link>
  );
}
