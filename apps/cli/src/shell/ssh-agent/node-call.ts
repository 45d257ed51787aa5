import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { AgentCall } from '../../core/ssh-agent.ts';
import { connectLocal } from '../local-socket.ts';

/** What an operation of a connector answered, or why there is no answer. */
export type Called =
  | { readonly kind: 'answer'; readonly content: Readonly<Record<string, unknown>> }
  | { readonly kind: 'waiting' | 'refused'; readonly why: string };

/** Of calls that go on once a person has decided: repeated as they are, nobody is asked twice. */
const WAITING: readonly unknown[] = [
  'approval.required',
  'authority.required',
  'egress.approval_required',
];
const HELLO = {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'ioi-ssh-agent', version: '1' },
};

/**
 * One call over the node's door for agents, in a session of its own: what an SSH client wants is a
 * proposal like any other. Throws where the node is not there.
 */
export async function callNode(
  socketPath: string,
  { server, tool, given }: AgentCall,
  signal: AbortSignal,
): Promise<Called> {
  const socket = await connectLocal(socketPath);
  const cut = (): unknown => socket.destroy();
  signal.addEventListener('abort', cut, { once: true });
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  const ask = async (id: number, method: string, params: object): Promise<unknown> => {
    socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    for (let line = await lines.next(); !line.done; line = await lines.next()) {
      const message = JSON.parse(line.value) as { id?: unknown };
      if (message.id === id) return message;
    }
    throw new Error('the node closed the connection');
  };
  try {
    socket.on('error', () => {});
    await ask(1, 'initialize', HELLO);
    socket.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\n');
    const name = `${server}__${tool}`;
    return calledIn(await ask(2, 'tools/call', { name, arguments: given }));
  } finally {
    signal.removeEventListener('abort', cut);
    if (!socket.destroyed) {
      socket.end();
      await once(socket, 'close').catch(() => {});
    }
  }
}

function calledIn(message: unknown): Called {
  const { result, error } = Object(message) as { result?: unknown; error?: unknown };
  if (error !== undefined) return { kind: 'refused', why: String(Object(error).message) };
  const { isError, structuredContent, content, _meta } = Object(result);
  const code = Object(_meta)['ioi/code'];
  const [first] = Array.isArray(content) ? content : [];
  const why = String(Object(first).text ?? code);
  if (WAITING.includes(code)) return { kind: 'waiting', why };
  if (isError === true || structuredContent === undefined) return { kind: 'refused', why };
  return { kind: 'answer', content: Object(structuredContent) };
}
