import { randomUUID } from 'node:crypto';
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import {
  type EventStore,
  isInitializeRequest,
  type JSONRPCMessage,
} from '@modelcontextprotocol/server';
import { statefulServer } from './fixture/fixture-server.ts';
import { type Handle, listen } from './fixture/listen.ts';

/** A server of 2025-11-25 alone, over HTTP: sessions, resumable streams, requests of its own. */
const RETRY_MS = 500;

type Sessions = Map<string, NodeStreamableHTTPServerTransport>;

function inSessions(sessions: Sessions): Handle {
  return async (request, response, body) => {
    const id = request.headers['mcp-session-id'];
    const known = typeof id === 'string' ? sessions.get(id) : undefined;
    if (known !== undefined) return known.handleRequest(request, response, body);
    const isOpening = id === undefined && isInitializeRequest(body);
    if (isOpening) return (await opened(sessions)).handleRequest(request, response, body);
    const [status, message] = id === undefined ? [400, 'no session'] : [404, 'unknown session'];
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: -32000, message } }));
  };
}

async function opened(sessions: Sessions): Promise<NodeStreamableHTTPServerTransport> {
  const transport = new NodeStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    eventStore: eventStore(),
    retryInterval: RETRY_MS,
    onsessioninitialized: (id) => void sessions.set(id, transport),
    onsessionclosed: (id) => void sessions.delete(id),
  });
  const server = statefulServer(({ mcpReq }) => transport.closeSSEStream(mcpReq.id));
  await server.connect(transport);
  return transport;
}

type Stored = { readonly streamId: string; readonly message: JSONRPCMessage };

/** Everything a session was sent, in order; an event id is its place. */
function eventStore(): EventStore {
  const events: Stored[] = [];
  return {
    async storeEvent(streamId, message) {
      return String(events.push({ streamId, message }) - 1);
    },
    async replayEventsAfter(lastEventId, { send }) {
      const streamId = events[Number(lastEventId)]?.streamId ?? '';
      for (const [at, event] of events.entries()) {
        const isLater = at > Number(lastEventId) && event.streamId === streamId;
        // An empty message only opened the stream.
        if (isLater && 'jsonrpc' in event.message) await send(String(at), event.message);
      }
      return streamId;
    },
  };
}

listen(inSessions(new Map()));
