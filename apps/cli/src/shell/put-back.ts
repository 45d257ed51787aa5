import { type Agent, NODE_NAME } from '../core/connect/agents.ts';
import { withServers } from '../core/connect/edit-servers.ts';
import { AgentConfig, Connections, digestOf, placesOf } from './agent-config.ts';
import type { Context } from './context.ts';

export type PutBack = {
  readonly path: string;
  /** Its settings are as they were to the byte; else only its servers are. */
  readonly exact: boolean;
};

/**
 * An agent's settings as they were before `ioi connect`; where the agent wrote there since, only
 * what was changed is put back. Undefined where it was not connected from here.
 */
export function putBack({ home, environment }: Context, agent: Agent): PutBack | undefined {
  const connections = new Connections(home.folder);
  const made = connections.read(agent.id);
  if (made === undefined) return undefined;
  const config = new AgentConfig(agent, placesOf(environment));
  const { path, bytes } = config;
  if (path !== made.path) {
    throw config.fault('connect.elsewhere', `it was connected in ${made.path}`);
  }
  const before = made.before === undefined ? undefined : Buffer.from(made.before, 'base64');
  const isAsWritten = bytes !== undefined && digestOf(bytes) === made.written;
  // Whoever was killed in the middle of this had put it back already.
  const isAsBefore = before === undefined ? bytes === undefined : bytes?.equals(before) === true;
  if (!isAsBefore) config.replace(isAsWritten ? before : withoutNode(config, made.removed));
  connections.remove(agent.id);
  return { path, exact: isAsWritten || isAsBefore };
}

function withoutNode(config: AgentConfig, put: Readonly<Record<string, unknown>>): Buffer {
  const after = withServers(config.text, config.agent, { remove: [NODE_NAME], put });
  if (!after.ok) throw config.fault(after.error.code, after.error.message);
  return Buffer.from(after.value);
}
