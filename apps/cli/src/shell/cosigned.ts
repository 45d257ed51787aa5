import { setTimeout as sleep } from 'node:timers/promises';
import { CommandFault } from './fault.ts';
import type { DaemonApi } from './node-api.ts';

const PATIENCE_MS = 15_000;
const POLL_MS = 40;

/** The newest checkpoint once it has both signatures: the second follows the first. */
export async function cosignedNote(daemon: DaemonApi): Promise<{ note: string; size: number }> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const { log } = await daemon.status();
    if (log.cosigned) return { note: log.note, size: log.size };
    if (performance.now() > deadline) throw notCosigned();
    await sleep(POLL_MS);
  }
}

export function notCosigned(): CommandFault {
  return new CommandFault({
    exit: 'unexpected',
    code: 'export.not_cosigned',
    message: 'the newest entries have no second signature yet; the guardian may be busy',
    next: 'the same command again',
  });
}
