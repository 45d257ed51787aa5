import type { LiveSession } from '@ioi/protocol';
import { tabbed, table } from '../core/columns.ts';
import { matchId, shortId } from '../core/match-id.ts';
import { SESSION_COLUMNS, sessionRows } from '../core/session-view.ts';
import { visible } from '../core/visible.ts';
import { type Command, type Context, flagOption, needNode } from '../shell/context.ts';
import { usageFault } from '../shell/fault.ts';
import { findSockets } from '../shell/home.ts';
import { SessionsApi } from '../shell/sessions-api.ts';

const LIFT = 'ioi agents resume --all';

/** `ioi agents`: who is at the doors now. */
export const agents: Command = async (context) => {
  const { output } = context;
  const page = await apiOf(context).list();
  if (page.stopped) output.note(`STOPPED: everything is refused; ${LIFT} lifts it`);
  if (page.paused.length > 0) {
    const names = page.paused.map(visible).join(', ');
    output.note(`paused, should they come again: ${names}; ${LIFT} lets them`);
  }
  const rows = sessionRows(page.sessions);
  const lines = output.plain ? tabbed(rows) : table(SESSION_COLUMNS, rows);
  output.say(rows.length === 0 ? ['no agent is at a door'] : lines, page);
  return undefined;
};

/** `ioi agents pause SESSION` */
export const agentsPause: Command = async (context, [given = '']) => {
  const { output } = context;
  const api = apiOf(context);
  const paused = await api.pause((await findSession(api, given)).session_id);
  const id = shortId(paused.session_id);
  const line = `paused: ${visible(paused.agent_id)}, what it asks for from now on is refused`;
  output.say([line], paused);
  output.note(`ioi agents resume ${id} lets it go on`);
  return undefined;
};

/** `ioi agents resume SESSION`, and `--all` after a stop. */
export const agentsResume: Command = async (context, [given = ''], options) => {
  const { output } = context;
  const api = apiOf(context);
  if (flagOption(options, 'all')) return resumeAll(context, api);
  if (given === '') throw usageFault('which session, or --all?', 'ioi agents');
  const resumed = await api.resume((await findSession(api, given)).session_id);
  output.say([`resumed: ${visible(resumed.agent_id)}`], resumed);
  return undefined;
};

/** `ioi agents stop`: nobody asks for anything any more. */
export const agentsStop: Command = async (context) => {
  const { output } = context;
  const stopped = await apiOf(context).stop();
  const cancelled = `${stopped.cancelled} that waited are cancelled`;
  output.say([`stopped: whatever is asked for is refused; ${cancelled}`], stopped);
  output.note(`what a tool does already goes on to its end; ${LIFT} lifts it`);
  return undefined;
};

async function resumeAll({ output }: Context, api: SessionsApi): Promise<undefined> {
  const lifted = await api.lift();
  output.say(['resumed: the policy decides on whatever anybody asks for'], lifted);
  return undefined;
}

function apiOf({ home }: Context): SessionsApi {
  needNode(home);
  return new SessionsApi(findSockets(home));
}

async function findSession(api: SessionsApi, given: string): Promise<LiveSession> {
  const { sessions } = await api.list();
  const ids = sessions.map(({ session_id }) => session_id);
  const found = matchId(given, ids);
  const session = found.ok
    ? sessions.find(({ session_id }) => session_id === found.value)
    : undefined;
  if (session === undefined) throw usageFault(`no one session is ${given}`, 'ioi agents');
  return session;
}
