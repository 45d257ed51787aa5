import { Socket } from 'node:net';
import { faultCode } from '@ioi/basis';
import { AskPipe } from '@ioi/frames/shell';
import type { EdgeAnswer, EdgeAsk } from '@ioi/guardian';
import { readTargets } from '@ioi/wallet';
import { Egress, Logins, serveLine, vaultOver } from '@ioi/wallet/shell';

/** Inherited from the supervisor: the guardian's pipe and the daemon's line. */
const GUARDIAN_FD = 3;
const DAEMON_FD = 4;

/**
 * Composition root of the edge process: the only one with both network and secrets (design section
 * 5). It has no log, no files and no child processes, listens on nothing but the loopback port of a
 * login that a person began, and ends with either of its streams. `targets` is JSON:
 * `[{server, url, credential}]`.
 */
export function startEdge(targets: string): void {
  process.on('uncaughtException', stopped);
  // What libraries have to say may quote an answer, and with it a secret.
  console.warn = () => {};
  const servers = readTargets(JSON.parse(targets));
  if (servers === undefined) throw new Error('a server is neither https nor on this machine');
  const guardian = endWith(new Socket({ fd: GUARDIAN_FD, readable: true, writable: true }));
  const line = endWith(new Socket({ fd: DAEMON_FD, readable: true, writable: true }));
  const pipe = new AskPipe(guardian, (body) => obey(body as EdgeAsk, { egress, logins }));
  const egress = new Egress({ targets: servers, vault: vaultOver(pipe), now: Date.now });
  const logins = new Logins(egress);
  serveLine(line, egress.carry);
}

type Obeying = { readonly egress: Egress; readonly logins: Logins };

/** What the guardian asks for on behalf of the owner. */
async function obey(ask: EdgeAsk, { egress, logins }: Obeying): Promise<EdgeAnswer> {
  if (ask.kind === 'revoked') {
    egress.revoke(ask.name);
    return { kind: 'done' };
  }
  if (ask.kind === 'login') {
    const begun = await logins.begin(ask.server);
    if (begun.ok) return { kind: 'login', authorization_url: begun.value };
    return { kind: 'refused', refusal: begun.error };
  }
  const followed =
    ask.kind === 'login_finish'
      ? await logins.finish(ask.server, ask.callback)
      : await logins.wait(ask.server);
  return followed.ok ? { kind: 'done' } : { kind: 'refused', refusal: followed.error };
}

/** Without its guardian or its daemon an edge has nothing to send, and nobody to send it for. */
function endWith(stream: Socket): Socket {
  stream.on('error', () => {});
  stream.on('close', () => process.exit(0));
  return stream;
}

/** The diary says where it was, and no more: a message may hold what was sent. */
function stopped(fault: Error): never {
  const code = faultCode(fault, 'edge.fault');
  const at = new Date().toISOString();
  const { name, stack = '' } = fault;
  const place = stack.split('\n').filter((line) => /^\s+at /.test(line));
  console.error(JSON.stringify({ at, message: 'stopped', code, name, place }));
  process.exit(1);
}
