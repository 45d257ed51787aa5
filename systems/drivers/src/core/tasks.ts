import type { Json } from '@ioi/canon';
import { isObject, type JsonObject } from '@ioi/jsonrpc';
import type { TaskReport } from '@ioi/protocol';
import type { ListedTool } from './answer.ts';
import { capabilityOf } from './eras.ts';

/** Says of a message which task it belongs to (MCP 2025-11-25, tasks). */
const RELATED = 'io.modelcontextprotocol/related-task';

const POLL_MS = 1_000;
const SHORTEST_POLL_MS = 50;
const LONGEST_POLL_MS = 30_000;

/**
 * Whether a server with sessions is asked for a task: where it must be, and where it may be and the
 * client follows one too. One without sessions decides by itself (MCP 2026-07-28, tasks).
 */
export function wantsTask(
  { era, capabilities }: { readonly era: string; readonly capabilities: JsonObject },
  { tool, isTask = false }: { readonly tool: ListedTool; readonly isTask?: boolean },
): boolean {
  if (era !== 'stateful') return false;
  const { requests } = capabilityOf(capabilities, 'tasks') ?? {};
  const tools = isObject(requests) ? requests['tools'] : undefined;
  if (!isObject(tools) || !isObject(tools['call'])) return false;
  const { execution } = tool;
  const support = isObject(execution) ? execution['taskSupport'] : undefined;
  return support === 'required' || (support === 'optional' && isTask);
}

/** A task as either era tells of it. */
export type ServerTask = {
  readonly taskId: string;
  readonly status: string;
  readonly report: TaskReport;
  /** When to ask again, in milliseconds. */
  readonly pollMs: number;
  /** The fields as they came. */
  readonly fields: JsonObject;
};

/** The task that answers a call in the place of its result; undefined where it is none. */
export function taskIn(result: Json, era: string): ServerTask | undefined {
  if (!isObject(result)) return undefined;
  if (era === 'stateful') return readTask(result['task']);
  return result['resultType'] === 'task' ? readTask(result) : undefined;
}

/** What a server says of a task. */
export function readTask(fields: Json | undefined): ServerTask | undefined {
  if (!isObject(fields)) return undefined;
  const { taskId, status, statusMessage: message } = fields;
  if (typeof taskId !== 'string' || typeof status !== 'string') return undefined;
  const pollMs = countOf(fields['pollIntervalMs'] ?? fields['pollInterval']);
  const ttlMs = countOf(fields['ttlMs'] ?? fields['ttl']);
  const report = {
    ...(typeof message === 'string' ? { message } : {}),
    ...(pollMs === undefined ? {} : { pollMs }),
    ...(ttlMs === undefined ? {} : { ttlMs }),
  };
  const every = Math.min(Math.max(pollMs ?? POLL_MS, SHORTEST_POLL_MS), LONGEST_POLL_MS);
  return { taskId, status, report, pollMs: every, fields };
}

function countOf(value: Json | undefined): number | undefined {
  return typeof value === 'number' && value >= 0 ? Math.ceil(value) : undefined;
}

/** The task that the parameters of a server's request say they belong to. */
export function taskNamedBy(params: Json | undefined): string | undefined {
  const meta = isObject(params) ? params['_meta'] : undefined;
  const related = isObject(meta) ? meta[RELATED] : undefined;
  const id = isObject(related) ? related['taskId'] : undefined;
  return typeof id === 'string' ? id : undefined;
}

/** Without what is between the server and this side: its name of a task, its wish for one. */
export function withoutTask(value: JsonObject): JsonObject {
  const { task: _, _meta: meta, ...kept } = value;
  if (!isObject(meta)) return meta === undefined ? kept : { ...kept, _meta: meta };
  const { [RELATED]: __, ...others } = meta;
  return Object.keys(others).length === 0 ? kept : { ...kept, _meta: others };
}
