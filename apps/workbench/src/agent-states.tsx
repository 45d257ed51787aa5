import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { nameOf, STATE_TONES, stateOf } from './agents.ts';
import { sessions } from './api.ts';
import { Badge, Foreign } from './parts.tsx';
import { StoppedNotice } from './stop.tsx';

/** Agents that are named; the others are counted. */
const NAMED = 4;
/** Of their names, which are theirs to choose in part: the strip stays one of a few lines. */
const NAME = 60;

/** How every agent is, wherever a person is. It says what is known and stands in nobody's way. */
export function AgentStates() {
  const { data } = useQuery(sessions);
  if (data === undefined) return null;
  const { sessions: live, stopped } = data;
  const more = live.length - NAMED;
  return (
    <>
      {stopped ? <StoppedNotice /> : null}
      {live.length === 0 ? null : (
        <nav aria-label="Agents" className="text-sm">
          <ul className="flex flex-wrap gap-x-4 gap-y-1">
            {live.slice(0, NAMED).map((session) => {
              const { session_id: id, agent_id: agentId } = session;
              const state = stateOf(session, stopped);
              return (
                <li key={id} className="max-w-full">
                  <Link to="/runs/$id" params={{ id }} className="flex items-center gap-2">
                    <Badge tone={STATE_TONES[state]}>{state}</Badge>
                    <Foreign columns={NAME} text={nameOf({ agentId, live: session })} />
                  </Link>
                </li>
              );
            })}
            {more > 0 ? (
              <li>
                <Link to="/runs" className="underline">{`${more} more`}</Link>
              </li>
            ) : null}
          </ul>
        </nav>
      )}
    </>
  );
}
