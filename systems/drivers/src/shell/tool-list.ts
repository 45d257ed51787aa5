import type { Json } from '@ioi/canon';
import { isObject, type JsonObject } from '@ioi/jsonrpc';
import type { ListedTool } from '../core/answer.ts';
import type { Reply } from './conversation.ts';
import { PROTOCOL_VERSIONS, UpstreamFault } from './upstream.ts';

const MOST_PAGES = 100;
const MOST_TOOLS = 4096;

/** One request to the upstream, as both transports offer it. */
export type Ask = (method: string, params: JsonObject) => Promise<Reply>;

export const CLIENT_HELLO: JsonObject = {
  protocolVersion: PROTOCOL_VERSIONS[0],
  // None: what we do not offer (sampling, elicitation, roots) the server must not ask for.
  capabilities: {},
  clientInfo: { name: 'ioi', version: '0.1.0' },
};

/** The version agreed on, or the fault that ends the handshake (MCP lifecycle). */
export function readHandshake(reply: Reply): string {
  if (reply.kind !== 'result' || !isObject(reply.result)) {
    throw new UpstreamFault('upstream.handshake_failed', `no handshake: ${wordsFor(reply)}`);
  }
  const { protocolVersion } = reply.result;
  const agreed = PROTOCOL_VERSIONS.find((version) => version === protocolVersion);
  if (agreed !== undefined) return agreed;
  const shown = String(protocolVersion).slice(0, 40).toWellFormed();
  throw new UpstreamFault('upstream.version_unsupported', `it speaks version ${shown}`);
}

/** Every page of `tools/list` (MCP pagination). A name listed twice is nobody's tool. */
export async function listTools(ask: Ask): Promise<readonly ListedTool[]> {
  const tools = new Map<string, ListedTool>();
  let cursor: Json | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const reply = await ask('tools/list', cursor === undefined ? {} : { cursor });
    if (reply.kind !== 'result' || !isObject(reply.result)) {
      throw new UpstreamFault('upstream.invalid_tools', `no tool list: ${wordsFor(reply)}`);
    }
    const { tools: listed, nextCursor } = reply.result;
    for (const tool of Array.isArray(listed) ? listed : []) {
      if (!isListedTool(tool)) continue;
      if (tools.has(tool.name)) {
        const message = `two tools named ${tool.name}`.toWellFormed();
        throw new UpstreamFault('upstream.invalid_tools', message);
      }
      tools.set(tool.name, tool);
    }
    if (tools.size > MOST_TOOLS) break;
    if (typeof nextCursor !== 'string') return [...tools.values()];
    cursor = nextCursor;
  }
  throw new UpstreamFault('upstream.invalid_tools', 'the tool list does not end');
}

function isListedTool(tool: Json): tool is ListedTool {
  if (!isObject(tool)) return false;
  const { name, inputSchema } = tool;
  return typeof name === 'string' && name !== '' && isObject(inputSchema);
}

function wordsFor(reply: Reply): string {
  if (reply.kind === 'error') return reply.error.message.slice(0, 200).toWellFormed();
  if (reply.kind === 'result') return 'the answer is no object';
  return (reply.detail ?? reply.silence).toWellFormed();
}
