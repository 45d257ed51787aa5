import { startsNode } from '../core/connect/agents.ts';
import { serversTable } from '../core/connect/edit-servers.ts';
import type { AgentConfig } from './agent-config.ts';

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
