import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler } from '@modelcontextprotocol/server';
import { stateCodec, statelessServer } from './fixture/fixture-server.ts';
import { listen } from './fixture/listen.ts';

/** A server of 2026-07-28 alone, over HTTP: a client of another era is refused. */
const codec = stateCodec();
const handler = createMcpHandler(() => statelessServer(codec, () => handler.notify), {
  legacy: 'reject',
});
const answer = toNodeHandler(handler);
// The SDK's types leave out that Node's own may lack a method.
listen((request, response, body) => answer(request as never, response, body));
