import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { type TicketLimits, Tickets } from './tickets.ts';

const NEXT = '{"jsonrpc":"2.0","id":1,"method":"ping"}\n';
const served: Socket[] = [];
let server: Server;

before(async () => {
  server = createServer({ allowHalfOpen: true }, (socket) => served.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

after(() => {
  for (const socket of served) socket.destroy();
  server.close();
});

function lineOf(ticket: string): string {
  return `${JSON.stringify({ ioi_ticket: ticket })}\n`;
}

/** What the node makes of a connection that begins with this; `rest` is what it leaves. */
async function opened(tickets: Tickets, text: string, isEnded = false) {
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = connect(address.port, '127.0.0.1');
  client.on('error', () => {});
  const [socket] = await accepted;
  socket.on('error', () => {});
  if (isEnded) client.end(text);
  else client.write(text);
  const objective = await tickets.objectiveOf(socket);
  const rest = String(socket.read() ?? '');
  client.destroy();
  return { objective, rest, isOpen: !socket.destroyed };
}

function withTicket(limits: TicketLimits = {}) {
  const tickets = new Tickets(limits);
  return { tickets, ticket: tickets.issue('Pay the bill') };
}

test('a ticket gives its connection an objective, once, and leaves what follows', async () => {
  const { tickets, ticket } = withTicket();
  const first = await opened(tickets, lineOf(ticket) + NEXT);
  assert.deepEqual(first, { objective: 'Pay the bill', rest: NEXT, isOpen: true });
  const again = await opened(tickets, lineOf(ticket) + NEXT);
  assert.deepEqual([again.objective, again.isOpen], [undefined, false]);
});

test('an ended connection keeps what it said after its ticket', async () => {
  const { tickets, ticket } = withTicket();
  const ended = await opened(tickets, lineOf(ticket) + NEXT, true);
  assert.deepEqual([ended.objective, ended.rest], ['Pay the bill', NEXT]);
});

test('a connection without a ticket has no objective, and all it said', async () => {
  const plain = await opened(new Tickets(), NEXT);
  assert.deepEqual(plain, { objective: undefined, rest: NEXT, isOpen: true });
});

test('an unknown, used, expired or broken ticket ends the connection', async () => {
  const unknown = lineOf('ab'.repeat(24));
  const long = `{"ioi_ticket":"${'ab'.repeat(100)}`;
  for (const text of [unknown, '{"ioi_ticket":"', '{"ioi_ticket":"x"}\n', long]) {
    const { isOpen, objective } = await opened(new Tickets({ lineMs: 20 }), text + NEXT);
    assert.deepEqual([isOpen, objective], [false, undefined], text);
  }
  const { tickets, ticket } = withTicket({ validMs: 0 });
  assert.equal((await opened(tickets, lineOf(ticket))).isOpen, false);
});

test('a line that begins like a ticket and does not end is waited for so long', async () => {
  const tickets = new Tickets({ lineMs: 20 });
  for (const begun of ['{', '{"ioi_ticket":"abab']) {
    assert.equal((await opened(tickets, begun)).isOpen, false, begun);
  }
});

test('what expired is forgotten when the next is issued', () => {
  const { tickets } = withTicket({ validMs: 0 });
  tickets.issue('another');
  assert.equal(tickets.size, 1);
});
