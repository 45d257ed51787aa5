import type { Json } from '@ioi/canon';
import { isObject, type JsonObject } from '@ioi/jsonrpc';
import type { Proposer } from './backend.ts';
import { LONGEST_NAME } from './errors.ts';

const TASKS = 'io.modelcontextprotocol/tasks';

/** What the client says it is: shown to people, never trusted for anything. */
export function clientOf(info: Json | undefined): Pick<Proposer, 'client'> {
  if (!isObject(info)) return {};
  const { name, version } = info;
  if (typeof name !== 'string' || typeof version !== 'string') return {};
  return { client: { name: name.slice(0, LONGEST_NAME), version: version.slice(0, LONGEST_NAME) } };
}

/** Tasks outlive the request they come from, which nothing here does: they are not offered. */
export function carried(capabilities: JsonObject): JsonObject {
  const { tasks: _, extensions, ...kept } = capabilities;
  if (!isObject(extensions)) return kept;
  const { [TASKS]: __, ...others } = extensions;
  return { ...kept, extensions: others };
}
