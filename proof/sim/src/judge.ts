import { LogFault } from '@ioi/agentgres/shell';
import { IoFault } from './disk-faults.ts';
import { LinkGone } from './link.ts';
import { ProcessDied } from './sim-process.ts';

/** What may have gone wrong besides disks, crashes and cut channels. */
export type Unrest = {
  /** Several writers lived at once, or a late call of a dead one may still arrive. */
  readonly raced: boolean;
  /** The monotonic clock jumped. */
  readonly slept: boolean;
};

/** What the guardian says to a writer that another one overtook. */
const OVERTAKEN = /another writer opened/;
const CLOSED = 'the log was closed';
const EXPIRED = /prepared too long ago/;

/** Why a writer may stop with this fault; undefined when it must not. */
export function excuseFor(fault: unknown, unrest: Unrest): string | undefined {
  if (fault instanceof IoFault) return fault.code;
  if (fault instanceof ProcessDied || fault instanceof LinkGone) return fault.code;
  if (!(fault instanceof Error)) return undefined;
  if (fault instanceof LogFault) {
    if (fault.code === 'log.fenced') return unrest.raced ? fault.code : undefined;
    if (fault.message === CLOSED) return 'closed';
    return fault.code === 'log.in_doubt' ? excuseFor(fault.cause, unrest) : undefined;
  }
  if (unrest.raced && OVERTAKEN.test(fault.message)) return 'overtaken';
  return unrest.slept && EXPIRED.test(fault.message) ? 'expired' : undefined;
}

export function nameOf(fault: unknown): string {
  if (!(fault instanceof Error)) return String(fault);
  const code = (fault as { code?: string }).code;
  const cause = fault.cause === undefined ? '' : ` (${nameOf(fault.cause)})`;
  return `${code ?? fault.name}: ${fault.message}${code === fault.message ? '' : cause}`;
}
