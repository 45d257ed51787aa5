import type { IsolationTier } from '@ioi/protocol';

/** Names of nodes have two parts. */
const OF_HOOK = /^agent:\/\/[^/]+\/[^/]+\/hook\/[a-z0-9-]+$/;

/** In whose name an agent acts that asks by a hook of its own, so that the log says how it came. */
export function hookAgentId(nodeName: string, agent: string): string {
  return `agent://${nodeName}/hook/${agent}`;
}

/** What holds an agent to what is decided: a hook is the agent's own, which may leave it out. */
export function tierOfAgent(agentId: string, probed: IsolationTier): IsolationTier {
  return OF_HOOK.test(agentId) ? 'advisory' : probed;
}
