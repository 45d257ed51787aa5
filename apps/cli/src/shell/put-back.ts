import { type Agent, NODE_NAME } from '../core/connect/agents.ts';
import { withHooks } from '../core/connect/edit-hooks.ts';
import { withServers } from '../core/connect/edit-servers.ts';
import { hooksOf } from '../core/hook/agent-hooks.ts';
import {
  AgentConfig,
  type Connection,
  Connections,
  digestOf,
  hooksConfig,
  hooksName,
  placesOf,
} from './agent-config.ts';
import type { Context } from './context.ts';

export type PutBack = {
  readonly path: string;
  readonly what: 'servers' | 'hooks';
  /** Its settings are as they were to the byte; else only its servers, or its hooks, are. */
  readonly exact: boolean;
};

/**
 * An agent's settings as they were before `ioi connect`; where the agent wrote there since, only
 * what was changed is put back. Of each file by itself; none where it was not connected from here.
 */
export function putBack(context: Context, agent: Agent): readonly PutBack[] {
  // In the order they came in, backwards: both may be in one file.
  const made = [hooksBack(context, agent), serversBack(context, agent)];
  return made.filter((each) => each !== undefined);
}

function hooksBack({ home, environment }: Context, agent: Agent): PutBack | undefined {
  const [hooks, config] = [hooksOf(agent.id), hooksConfig(agent, placesOf(environment))];
  if (hooks === undefined || config === undefined) return undefined;
  return fileBack(new Connections(home.folder), hooksName(agent.id), {
    config,
    what: 'hooks',
    others: ({ text }) => withHooks(text, hooks, { home: home.folder, program: undefined }),
  });
}

function serversBack({ home, environment }: Context, agent: Agent): PutBack | undefined {
  return fileBack(new Connections(home.folder), agent.id, {
    config: new AgentConfig(agent, placesOf(environment)),
    what: 'servers',
    others: ({ text }, { removed }) => {
      return withServers(text, agent, { remove: [NODE_NAME], put: removed });
    },
  });
}

type Back = {
  readonly config: AgentConfig;
  readonly what: PutBack['what'];
  /** What the file says without us, where its agent wrote to it since. */
  readonly others: (config: AgentConfig, made: Connection) => ReturnType<typeof withServers>;
};

function fileBack(
  connections: Connections,
  name: string,
  { config, what, others }: Back,
): PutBack | undefined {
  const made = connections.read(name);
  if (made === undefined) return undefined;
  const { path, bytes } = config;
  if (path !== made.path) {
    throw config.fault('connect.elsewhere', `it was connected in ${made.path}`);
  }
  const before = made.before === undefined ? undefined : Buffer.from(made.before, 'base64');
  const isAsWritten = bytes !== undefined && digestOf(bytes) === made.written;
  // Whoever was killed in the middle of this had put it back already.
  const isAsBefore = before === undefined ? bytes === undefined : bytes?.equals(before) === true;
  if (!isAsBefore && isAsWritten) config.replace(before);
  else if (!isAsBefore) {
    const after = others(config, made);
    if (!after.ok) throw config.fault(after.error.code, after.error.message);
    config.replace(Buffer.from(after.value));
  }
  connections.remove(name);
  return { path, what, exact: isAsWritten || isAsBefore };
}
