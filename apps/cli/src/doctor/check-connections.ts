import { AGENTS } from '../core/connect/agents.ts';
import type { Check } from '../core/doctor/checks.ts';
import { AgentConfig, placesOf } from '../shell/agent-config.ts';
import { standingOf } from '../shell/agent-standing.ts';
import type { Context } from '../shell/context.ts';

/** Which agents of this machine start the node, and which still go without it. */
export function connectionsCheck({ home, environment }: Context): Check {
  const name = 'agents';
  const places = placesOf(environment);
  const stood = AGENTS.map((agent) => {
    return { ...agent, ...standingOf(new AgentConfig(agent, places), home.folder) };
  });
  const here = stood.filter(({ state }) => state !== 'missing');
  const apart = here.filter(({ state, own }) => state !== 'connected' || own.length > 0);
  const connected = here.filter((each) => !apart.includes(each)).map(({ title }) => title);
  const [first] = apart;
  if (here.length === 0) return { name, state: 'ok', about: 'none is known to be here' };
  if (first === undefined) return { name, state: 'ok', about: `${connected.join(', ')} connected` };
  const about = apart.map(({ title, state, own }) => {
    return state === 'connected'
      ? `${title} starts ${own.join(', ')} itself`
      : `${title} is ${words[state]}`;
  });
  const next = first.state === 'unreadable' ? 'ioi connect' : `ioi connect ${first.id}`;
  return { name, state: 'warn', about: about.join('; '), next };
}

const words = {
  found: 'not connected',
  unreadable: 'not to be read',
  missing: 'not here',
} as const;
