import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeStatus } from '@ioi/protocol';
import { CommandFault } from '../shell/fault.ts';
import { findSockets, type Home } from '../shell/home.ts';
import { DaemonApi } from '../shell/node-api.ts';

const POLL_MS = 25;
const CALL_MS = 2_000;

/** The status once the daemon answers; undefined when `isOver` said to stop waiting. */
export async function whenReady(
  home: Home,
  isOver: () => boolean,
): Promise<NodeStatus | undefined> {
  while (!isOver()) {
    try {
      // Looked up each time: the supervisor may only now have said where they are.
      return await new DaemonApi(findSockets(home)).status(CALL_MS);
    } catch (fault) {
      if (!(fault instanceof CommandFault) || fault.about.exit !== 'unreachable') throw fault;
    }
    await sleep(POLL_MS);
  }
  return undefined;
}
