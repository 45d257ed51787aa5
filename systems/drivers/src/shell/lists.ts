import type { Json } from '@ioi/canon';
import { isObject, type JsonObject } from '@ioi/jsonrpc';
import type { ListedTool } from '../core/answer.ts';
import { mirroredParameters } from '../core/http-headers.ts';
import type { Reply } from './conversation.ts';
import { type LeftOut, type Listed, type ListKind, UpstreamFault } from './upstream.ts';
import { wordsFor } from './wire.ts';

/** One request to the upstream for a page. */
export type AskPage = (method: string, params: JsonObject) => Promise<Reply>;

type Source = {
  readonly method: string;
  /** The member of the result that holds the page. */
  readonly member: string;
  /** What identifies an entry. */
  readonly key: string;
  /** The capability without which there is no such list. */
  readonly capability: string;
};

export const SOURCES: { readonly [kind in ListKind]: Source } = {
  tools: { method: 'tools/list', member: 'tools', key: 'name', capability: 'tools' },
  resources: {
    method: 'resources/list',
    member: 'resources',
    key: 'uri',
    capability: 'resources',
  },
  resource_templates: {
    method: 'resources/templates/list',
    member: 'resourceTemplates',
    key: 'uriTemplate',
    capability: 'resources',
  },
  prompts: { method: 'prompts/list', member: 'prompts', key: 'name', capability: 'prompts' },
};

export const EMPTY_LIST: Listed = { entries: [], leftOut: [] };

const MOST_PAGES = 100;
const MOST_ENTRIES = 4096;
const LONGEST_NAME = 200;

/**
 * Every page of a list (MCP pagination). What has no name is passed over, twins are a fault.
 * `mirrors` says whether arguments of tools will go into headers, so that they must be able to.
 */
export async function readList(kind: ListKind, ask: AskPage, mirrors: boolean): Promise<Listed> {
  const { method, member, key } = SOURCES[kind];
  const entries = new Map<string, JsonObject>();
  let hints: Pick<Listed, 'ttlMs' | 'cacheScope'> = {};
  let cursor: Json | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const reply = await ask(method, cursor === undefined ? {} : { cursor });
    if (reply.kind !== 'result' || !isObject(reply.result)) {
      throw new UpstreamFault('upstream.invalid_list', `no list of ${kind}: ${wordsFor(reply)}`);
    }
    hints = stricter(hints, reply.result);
    const listed = reply.result[member];
    for (const entry of Array.isArray(listed) ? listed : []) {
      if (isObject(entry)) add(entries, entry, { kind, name: entry[key] });
    }
    if (entries.size > MOST_ENTRIES) break;
    const { nextCursor } = reply.result;
    if (typeof nextCursor === 'string') cursor = nextCursor;
    else {
      const all = { entries: [...entries.values()], leftOut: [], ...hints };
      return kind === 'tools' ? usableTools(all, mirrors) : all;
    }
  }
  throw new UpstreamFault('upstream.invalid_list', `the list of ${kind} does not end`);
}

function add(
  entries: Map<string, JsonObject>,
  entry: JsonObject,
  { kind, name }: { kind: ListKind; name: Json | undefined },
): void {
  if (typeof name !== 'string' || name === '') return;
  if (entries.has(name)) {
    const shown = name.slice(0, LONGEST_NAME).toWellFormed();
    throw new UpstreamFault('upstream.invalid_list', `two ${kind} named ${shown}`);
  }
  entries.set(name, entry);
}

/** A list of several pages holds no longer, and for no more people, than the least of them. */
function stricter(
  hints: Pick<Listed, 'ttlMs' | 'cacheScope'>,
  page: JsonObject,
): Pick<Listed, 'ttlMs' | 'cacheScope'> {
  const { ttlMs, cacheScope } = page;
  const isTime = typeof ttlMs === 'number' && ttlMs >= 0;
  const least = isTime ? Math.min(ttlMs, hints.ttlMs ?? ttlMs) : hints.ttlMs;
  const isScope = cacheScope === 'private' || cacheScope === 'public';
  const scope = isScope && hints.cacheScope !== 'private' ? cacheScope : hints.cacheScope;
  return {
    ...(least === undefined ? {} : { ttlMs: least }),
    ...(scope === undefined ? {} : { cacheScope: scope }),
  };
}

/** Without the tools nobody could call (MCP 2026-07-28, schema extension). */
function usableTools(all: Listed, mirrors: boolean): Listed {
  const leftOut: LeftOut[] = [];
  const entries = all.entries.filter((tool) => {
    const name = String(tool['name']).slice(0, LONGEST_NAME).toWellFormed();
    if (!isListedTool(tool)) {
      leftOut.push({ code: 'tool.schema_missing', name, reason: 'it has no input schema' });
      return false;
    }
    const mirrored = mirrors ? mirroredParameters(tool.inputSchema) : undefined;
    if (mirrored === undefined || mirrored.ok) return true;
    leftOut.push({ code: 'tool.header_invalid', name, reason: mirrored.error });
    return false;
  });
  return { ...all, entries, leftOut };
}

function isListedTool(tool: JsonObject): tool is ListedTool {
  return typeof tool['name'] === 'string' && isObject(tool['inputSchema']);
}
