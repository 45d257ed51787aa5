import { readFileSync } from 'node:fs';
import { type Command, type Context, needNode } from '../shell/context.ts';
import { CommandFault, messageOf } from '../shell/fault.ts';
import { findSockets } from '../shell/home.ts';
import { unreachable } from '../shell/local-http.ts';
import { connectLocal } from '../shell/local-socket.ts';

/**
 * `ioi mcp`: what an MCP client starts. Bytes go both ways unread; standard output carries the
 * protocol alone. In a sandbox, `IOI_MCP_SOCKET` says where the node is.
 * Ends when the client closes its side, or when the node goes away. With
 * `--objective`, the node knows what the person wants from this session, whoever speaks in it.
 */
export const mcp: Command = async (context, _arguments, { objective }) => {
  const { home } = context;
  const inside = process.env['IOI_MCP_SOCKET'];
  if (inside === undefined) needNode(home);
  const opening = await openingOf(context, objective);
  const socket = await connectLocal(inside ?? findSockets(home).mcp).catch((fault) => {
    throw unreachable(fault);
  });
  let isClientGone = false;
  process.stdin.once('end', () => {
    isClientGone = true;
  });
  if (opening !== undefined) socket.write(opening);
  process.stdin.pipe(socket);
  socket.pipe(process.stdout);
  const ended = Promise.withResolvers<void>();
  socket.once('close', ended.resolve);
  socket.on('error', () => {});
  await ended.promise;
  // Otherwise the client's open input would keep this process.
  process.stdin.destroy();
  if (!isClientGone) throw lost();
  return undefined;
};

/** The first line, by which the node knows whose session this is. */
async function openingOf(context: Context, given: unknown): Promise<string | undefined> {
  if (typeof given !== 'string') return undefined;
  const { ticket } = await context.daemon.openSession(objectiveIn(given));
  return `${JSON.stringify({ ioi_ticket: ticket })}\n`;
}

/** `@FILE` stands for what is in it, `@@` for one `@`. */
function objectiveIn(given: string): string {
  if (given.startsWith('@@')) return given.slice(1);
  if (!given.startsWith('@')) return given;
  const file = given.slice(1);
  try {
    return readFileSync(file, 'utf8');
  } catch (fault) {
    throw new CommandFault({
      exit: 'usage',
      code: 'file.unreadable',
      message: `the objective cannot be read: ${messageOf(fault)}`,
      next: 'ioi mcp --objective @FILE, or @@… for words that begin with @',
    });
  }
}

function lost(): CommandFault {
  return new CommandFault({
    exit: 'unreachable',
    code: 'node.connection_lost',
    message: 'the node closed the connection',
    next: 'ioi status',
  });
}
