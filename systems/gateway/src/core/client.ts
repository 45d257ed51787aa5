import type { Json } from '@ioi/canon';
import { isObject, type JsonObject, type RpcError } from '@ioi/jsonrpc';
import type { Offer, Proposer } from './backend.ts';
import { LONGEST_NAME, MISSING_CAPABILITY } from './errors.ts';
import { STATELESS_VERSIONS, type State } from './state.ts';

const TASKS = 'io.modelcontextprotocol/tasks';

/** What the client says it is: shown to people, never trusted for anything. */
export function clientOf(info: Json | undefined): Pick<Proposer, 'client'> {
  if (!isObject(info)) return {};
  const { name, version } = info;
  if (typeof name !== 'string' || typeof version !== 'string') return {};
  return { client: { name: name.slice(0, LONGEST_NAME), version: version.slice(0, LONGEST_NAME) } };
}

/** The revision of MCP that has tasks of its own; earlier ones have none. */
const TASKS_VERSION = '2025-11-25';
/** What a call can be followed as, whichever server it goes to: this side waits on its behalf. */
const SESSION_TASKS: JsonObject = { list: {}, cancel: {}, requests: { tools: { call: {} } } };

/** Whether tasks are offered to this session at all. */
export function hasTasks({ protocolVersion, offer }: Pick<State, 'protocolVersion' | 'offer'>) {
  return protocolVersion === TASKS_VERSION && isObject(offer.capabilities['tools']);
}

/** Whether a request says that its client can follow a task (MCP 2026-07-28, tasks extension). */
export function canFollow({ extensions }: JsonObject): boolean {
  return isObject(extensions) && isObject(extensions[TASKS]);
}

export const CANNOT_FOLLOW: RpcError = {
  code: MISSING_CAPABILITY,
  message: 'Missing required client capability',
  data: { requiredCapabilities: { extensions: { [TASKS]: {} } } },
};

/** What is offered, with tasks in the words of a revision: what servers say of theirs is not. */
export function carried(offer: Offer, version: string): JsonObject {
  const { tasks: _, extensions, ...kept } = offer.capabilities;
  const { [TASKS]: __, ...others } = isObject(extensions) ? extensions : {};
  const hasTools = isObject(kept['tools']);
  const isStateless = STATELESS_VERSIONS.some((known) => known === version);
  const own = hasTools && isStateless ? { ...others, [TASKS]: {} } : others;
  return {
    ...kept,
    ...(Object.keys(own).length > 0 || extensions !== undefined ? { extensions: own } : {}),
    ...(hasTasks({ protocolVersion: version, offer }) ? { tasks: SESSION_TASKS } : {}),
  };
}
