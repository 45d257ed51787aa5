import { readFileSync } from 'node:fs';
import { tlsIdentity } from '@ioi/crypto/tls/shell';
import type { ExecutorInvitation } from '@ioi/protocol';
import { Executor } from './executor.ts';

const EXIT_USAGE = 2;

/** Composition root of an executor. It says one line when it is connected, and goes on. */
export async function startExecutor(keyFile: string, paths: readonly string[]): Promise<void> {
  const invitations = paths.map(invitationIn);
  const [first] = invitations;
  if (first === undefined) return end(EXIT_USAGE, 'executor.no_invitation', 'nobody invited it');
  const other = invitations.find(({ name }) => name !== first.name);
  if (other !== undefined) {
    const message = `invitations of ${first.name} and of ${other.name} are of two executors`;
    return end(EXIT_USAGE, 'executor.invitation', message);
  }
  const identity = tlsIdentity(keyFile, first.name);
  const executor = new Executor({ identity, invitations, say });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.once(signal, () => executor.stop());
  }
  // Whoever started it is gone: nobody would stop it any more.
  process.stdin.on('end', () => executor.stop());
  process.stdin.resume();
  await executor.run();
  process.exit(0);
}

/** For whoever started it: one line each. */
function say(message: string, about: object): void {
  console.log(JSON.stringify({ message, ...about }));
}

function invitationIn(path: string): ExecutorInvitation {
  const read = Object(JSON.parse(readFileSync(path, 'utf8'))) as ExecutorInvitation;
  const isWhole = read.format === 'ioi-executor/1' && Number.isInteger(read.port);
  if (isWhole) return read;
  return end(EXIT_USAGE, 'executor.invitation', `${path} is no invitation of an executor`);
}

/** Says why on the last line of standard error. */
export function endOn(fault: unknown): never {
  return end(1, 'executor.fault', fault instanceof Error ? fault.message : String(fault));
}

function end(exitCode: number, code: string, message: string): never {
  console.error(JSON.stringify({ code, message }));
  process.exit(exitCode);
}
