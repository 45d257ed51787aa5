import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { nameOf, PAGE, type Session, STATE_TONES, stateOf, useSessions } from './agents.ts';
import { Badge, BUTTON, CARD, Failed, Foreign, Time, Title } from './parts.tsx';
import { StopEverything } from './stop.tsx';
import { WorkerRuns } from './worker-runs.tsx';

/** Who acted and who is there, each with a page of what it did. */
export function Runs() {
  const [pages, setPages] = useState(0);
  const { sessions, isStopped, paused, isKnown, error, read, size } = useSessions(pages);
  if (!isKnown) return error === null ? <p>Reading who is there.</p> : <Failed fault={error} />;
  const here = sessions.filter(({ live }) => live !== undefined).length;
  return (
    <>
      <Title>Runs</Title>
      <div className="mb-3 flex flex-wrap items-center gap-3">
        <p aria-live="polite" className="grow">
          {here === 0 ? 'No agent is connected.' : `${here} connected.`}
        </p>
        <StopEverything isStopped={isStopped} />
      </div>
      {sessions.length === 0 ? <Nobody /> : null}
      {paused.length === 0 ? null : <LeftPaused names={paused} />}
      <ul className="space-y-2">
        {sessions.map((session) => (
          <li key={session.id}>
            <Row session={session} isStopped={isStopped} />
          </li>
        ))}
      </ul>
      <Further read={read} size={size} onMore={() => setPages(pages + 1)} />
      <WorkerRuns />
    </>
  );
}

/** Whoever comes under one of these is taken for the one who was paused. */
function LeftPaused({ names }: { names: readonly string[] }) {
  return (
    <p className="mb-3">
      Paused, should they come again: <Foreign columns={NAME} text={names.join(', ')} />.{' '}
      <code>ioi agents resume --all</code> lets them.
    </p>
  );
}

function Nobody() {
  return (
    <p>
      Whoever comes to this node is listed here with what it does: <code>ioi connect</code> puts the
      agents you have behind it, <code>ioi run -- PROGRAM</code> starts one in a sandbox.
    </p>
  );
}

const NAME = 200;
const HOVERED = 'hover:border-slate-400 dark:hover:border-slate-600';
const ROW = `flex flex-wrap items-center gap-3 ${HOVERED} ${CARD}`;

function Row({ session, isStopped }: { session: Session; isStopped: boolean }) {
  const state = stateOf(session.live, isStopped);
  const [newest] = session.acts;
  const at = newest?.stages.at(-1)?.at;
  return (
    <Link to="/runs/$id" params={{ id: session.id }} className={ROW}>
      <Badge tone={STATE_TONES[state]}>{state}</Badge>
      <span className="grow">
        <Foreign columns={NAME} text={nameOf(session)} />
      </span>
      <span>{session.acts.length === 1 ? '1 act' : `${session.acts.length} acts`}</span>
      {at === undefined ? null : <Time millis={at} />}
    </Link>
  );
}

/** What is older is read when somebody asks for it. */
export function Further({
  read,
  size,
  onMore,
}: {
  read: number;
  size: number;
  onMore: () => void;
}) {
  if (read >= size) return null;
  return (
    <p className="mt-4 flex flex-wrap items-center gap-3">
      {`From the newest ${read} of ${size} entries.`}
      <button type="button" onClick={onMore} className={BUTTON}>
        {`Read ${PAGE} more`}
      </button>
    </p>
  );
}
