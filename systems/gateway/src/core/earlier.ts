import type { Json } from '@ioi/canon';
import { isObject, type JsonObject } from '@ioi/jsonrpc';

/**
 * A result as clients of MCP 2025-11-25 and older can read it: what only the later era knows is
 * left out, or said in the way they have.
 */
export function earlier(method: string, result: Json): Json {
  if (!isObject(result)) return result;
  const own = ERA_FIELDS.some((name) => Object.hasOwn(result, name)) ? withoutEra(result) : result;
  if (method === 'tools/call') return withObject(own);
  return method === 'tools/list' ? withObjectSchemas(own) : own;
}

/** Tools with what holds here: this side waits for tasks of servers, and as a task for any call. */
export function withTaskSupport(result: Json): Json {
  const tools = isObject(result) ? result['tools'] : undefined;
  if (!isObject(result) || !Array.isArray(tools)) return result;
  return { ...result, tools: tools.map((tool) => (isObject(tool) ? asTask(tool) : tool)) };
}

function asTask(tool: JsonObject): JsonObject {
  const execution = isObject(tool['execution']) ? tool['execution'] : {};
  if (execution['taskSupport'] === 'forbidden') return tool;
  return { ...tool, execution: { ...execution, taskSupport: 'optional' } };
}

const ERA_FIELDS = ['resultType', 'ttlMs', 'cacheScope'] as const;

function withoutEra(result: JsonObject): JsonObject {
  const { resultType: _type, ttlMs: _ttl, cacheScope: _scope, ...kept } = result;
  return kept;
}

/** Structured content is an object to them; what is none is also said in words. */
function withObject(result: JsonObject): JsonObject {
  const { structuredContent: value, content } = result;
  if (value === undefined || isObject(value)) return result;
  const said = Array.isArray(content) ? content : [];
  const hasText = said.some((each) => isObject(each) && each['type'] === 'text');
  const text: Json[] = hasText ? [] : [{ type: 'text', text: JSON.stringify(value) }];
  return { ...result, content: [...said, ...text], structuredContent: { result: value } };
}

/** They refuse a whole list for one tool that describes its output as anything but an object. */
function withObjectSchemas(result: JsonObject): JsonObject {
  const { tools } = result;
  if (!Array.isArray(tools) || !tools.some(describesOther)) return result;
  return {
    ...result,
    tools: tools.map((tool) => (describesOther(tool) ? undescribed(tool) : tool)),
  };
}

function describesOther(tool: Json): tool is { [key: string]: Json } {
  if (!isObject(tool) || tool['outputSchema'] === undefined) return false;
  const schema = tool['outputSchema'];
  return !isObject(schema) || schema['type'] !== 'object';
}

function undescribed({ outputSchema: _, ...tool }: { [key: string]: Json }): JsonObject {
  return tool;
}
