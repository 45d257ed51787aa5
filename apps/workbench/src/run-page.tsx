import type { ActStage, ToldAct } from '@ioi/law/shown';
import type { LiveSession } from '@ioi/protocol';
import { Link, useParams } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { nameOf, STATE_TONES, stateOf, useSessions } from './agents.ts';
import { Badge, CARD, Facts, Failed, Foreign, QUIET, Time, Title, toneOf } from './parts.tsx';
import { Further } from './runs.tsx';
import { Pause } from './stop.tsx';

/** Acts that are drawn at once. */
const SHOWN = 100;
const NAME = 200;

/** One session: how it is, and each of its acts with all that was sealed of it. */
export function RunPage() {
  const { id } = useParams({ from: '/runs/$id' });
  const [pages, setPages] = useState(0);
  const [most, setMost] = useState(SHOWN);
  const { sessions, isStopped, isKnown, error, read, size } = useSessions(pages);
  if (!isKnown) return error === null ? <p>Reading what it did.</p> : <Failed fault={error} />;
  const session = sessions.find((each) => each.id === id);
  const further = <Further read={read} size={size} onMore={() => setPages(pages + 1)} />;
  if (session === undefined) return <Unknown id={id} further={further} />;
  const { agentId, live, acts } = session;
  const state = stateOf(live, isStopped);
  return (
    <>
      <Title>
        <Foreign columns={NAME} text={nameOf(session)} />
      </Title>
      <div className="mb-3 flex flex-wrap items-center gap-3" aria-live="polite">
        <Badge tone={STATE_TONES[state]}>{state}</Badge>
        {state === 'gone' ? 'It is at no door of this node.' : null}
        {live === undefined || live.paused || isStopped ? null : <Pause session={id} />}
        {live?.paused ? <HowToResume live={live} /> : null}
      </div>
      <Facts of={factsOf({ id, agentId, live })} />
      <h2 className="mt-8 mb-2 font-semibold text-base">What it did, newest first</h2>
      {acts.length === 0 ? <p>Nothing, in the entries that were read.</p> : null}
      <ol className="space-y-3">
        {acts.slice(0, most).map((act) => (
          <li key={act.requestHash}>
            <ActCard act={act} />
          </li>
        ))}
      </ol>
      {acts.length > most ? (
        <button type="button" className="mt-3 underline" onClick={() => setMost(most + SHOWN)}>
          {`${acts.length - most} more`}
        </button>
      ) : null}
      {further}
    </>
  );
}

function Unknown({ id, further }: { id: string; further: ReactNode }) {
  return (
    <>
      <Title>
        No session is known as <Foreign text={id} />
      </Title>
      {further}
    </>
  );
}

function HowToResume({ live: { session_id: id, refused } }: { live: LiveSession }) {
  return (
    <p>
      What it asks for is refused{refused === 0 ? '' : `, ${refused} so far`}; what waits still
      waits. <code>{`ioi agents resume ${id}`}</code> lets it go on.
    </p>
  );
}

const WAYS: Readonly<Record<LiveSession['way'], string>> = {
  socket: 'MCP over the socket of this account',
  http: 'MCP over HTTP',
  sandbox: 'a sandbox',
  hook: 'its own hooks, which it may leave out',
};

function factsOf({
  id,
  agentId,
  live,
}: {
  id: string;
  agentId: string;
  live: LiveSession | undefined;
}): (readonly [string, ReactNode])[] {
  const about: (readonly [string, ReactNode])[] = [
    ['Agent', <Foreign key="agent" text={agentId} />],
    ['Session', <Foreign key="session" text={id} />],
  ];
  if (live === undefined) return about;
  const { way, since, client, run_id: run, working, waiting } = live;
  about.push(['Comes by', WAYS[way]], ['Since', <Time key="since" millis={millisOf(since)} />]);
  if (client !== undefined) {
    const said = `${client.name} ${client.version}`;
    about.push(['Says it is', <Foreign key="client" text={said} />]);
  }
  if (run !== undefined) about.push(['Run', <Foreign key="run" text={run} />]);
  about.push(['Now', `${working} under way, ${waiting} waiting for a person`]);
  return about;
}

function millisOf(iso: string): string {
  return String(Date.parse(iso));
}

/** Where it goes comes first; its page says why, and proves it. */
function ActCard({ act }: { act: ToldAct }) {
  const { requestHash, target, path, state, stages } = act;
  return (
    <article className={CARD}>
      <h3 className="flex flex-wrap items-center gap-3">
        <Badge tone={state === 'waiting' ? 'warn' : 'plain'}>{state}</Badge>
        <Link to="/atlas/$id" params={{ id: requestHash }} className="min-w-0 underline">
          <Foreign text={path === undefined ? target : `${target}  ${path}`} />
        </Link>
      </h3>
      <ol className="mt-2 grid gap-1 border-slate-300 border-l-2 pl-3 dark:border-slate-700">
        {stages.map((stage) => (
          // An entry can tell of two stages, never twice of one.
          <li key={`${stage.seq} ${stage.stage}`}>
            <StageLine stage={stage} />
          </li>
        ))}
      </ol>
    </article>
  );
}

function StageLine({ stage: { stage, word, seq, at, ruleId } }: { stage: ActStage }) {
  return (
    <span className="flex flex-wrap items-center gap-3">
      <span className={`w-20 text-sm ${QUIET}`}>{stage}</span>
      {word === stage ? null : <Badge tone={toneOf(word)}>{word}</Badge>}
      {ruleId === undefined || stage !== 'decided' ? null : <Foreign text={ruleId} />}
      <span className={`flex gap-3 text-sm ${QUIET}`}>
        <Link to="/atlas/$id" params={{ id: seq }} className="underline">{`entry ${seq}`}</Link>
        <Time millis={at} />
      </span>
    </span>
  );
}
