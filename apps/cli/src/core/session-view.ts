import type { LiveSession } from '@ioi/protocol';
import type { Column } from './columns.ts';
import { shortId } from './match-id.ts';

export const SESSION_COLUMNS: readonly Column[] = [
  { title: 'SESSION', most: 12 },
  { title: 'STATE', most: 24 },
  { title: 'AGENT', most: 40 },
  { title: 'WAY', most: 7 },
  { title: 'SINCE', most: 24 },
  { title: 'SAYS IT IS', most: 40 },
];

export function sessionRows(sessions: readonly LiveSession[]): string[][] {
  return sessions.map((session) => {
    const { session_id, agent_id, way, since, client } = session;
    const name = client === undefined ? '' : `${client.name} ${client.version}`;
    return [shortId(session_id), stateText(session), agent_id, way, since, name];
  });
}

function stateText({ state, refused, waiting }: LiveSession): string {
  if (state === 'paused' && refused > 0) return `paused, ${refused} refused`;
  return state === 'waiting' ? `${waiting} waiting` : state;
}
