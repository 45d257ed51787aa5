import { once } from 'node:events';
import { connect } from 'node:net';
import { type Command, needNode } from '../shell/context.ts';
import { CommandFault } from '../shell/fault.ts';
import { findSockets } from '../shell/home.ts';
import { unreachable } from '../shell/local-http.ts';

/**
 * `ioi mcp`: what an MCP client starts. Bytes go both ways unread; standard output carries the
 * protocol alone. Ends when the client closes its side, or when the node goes away.
 */
export const mcp: Command = async ({ home }) => {
  needNode(home);
  const socket = connect(findSockets(home).mcp);
  try {
    await once(socket, 'connect');
  } catch (fault) {
    throw unreachable(fault as Error);
  }
  let isClientGone = false;
  process.stdin.once('end', () => {
    isClientGone = true;
  });
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

function lost(): CommandFault {
  return new CommandFault({
    exit: 'unreachable',
    code: 'node.connection_lost',
    message: 'the node closed the connection',
    next: 'ioi status',
  });
}
