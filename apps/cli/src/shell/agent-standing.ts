import { type Agent, type Places, startsNode } from '../core/connect/agents.ts';
import { asksNode } from '../core/connect/edit-hooks.ts';
import { serversTable } from '../core/connect/edit-servers.ts';
import { hooksOf } from '../core/hook/agent-hooks.ts';
import { type AgentConfig, hooksConfig } from './agent-config.ts';

type Standing = {
  readonly state: 'missing' | 'unreadable' | 'connected' | 'found';
  readonly own: readonly string[];
};

/** How an agent stands to a node: what of its servers is the node, and what its own. */
export function standingOf(config: AgentConfig, home: string): Standing {
  if (!config.isInstalled) return { state: 'missing', own: [] };
  const table = config.isText ? serversTable(config.text, config.agent) : undefined;
  if (table?.ok !== true) return { state: 'unreadable', own: [] };
  const servers = Object.entries(table.value);
  const own = servers.filter(([, entry]) => !startsNode(entry, home)).map(([name]) => name);
  return { state: own.length < servers.length ? 'connected' : 'found', own };
}

/** Where its own shell asks this node by a hook, with the tier of that: nothing holds it there. */
export function hooksStand(
  agent: Agent,
  places: Places,
  home: string,
): { readonly hooks?: 'advisory' } {
  const [hooks, config] = [hooksOf(agent.id), hooksConfig(agent, places)];
  const isAsked = hooks && config?.isText && asksNode(config.text, hooks, home);
  return isAsked ? { hooks: 'advisory' } : {};
}
