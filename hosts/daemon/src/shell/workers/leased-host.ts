import { err, ok, type Result } from '@ioi/basis';
import type { OpenWorkerRun, Rejection, WorkerHost } from '@ioi/protocol';
import type { LeaseBoard } from '../execution/lease-board.ts';
import type { BegunWorker } from './begin-worker.ts';

/** Where runs are leased from; without a door nobody comes for them. */
export type Leasing = { readonly board: LeaseBoard; readonly isOpen: boolean };

/** As text it is a third longer, and goes over in one piece. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Why a run cannot be carried out by an executor; undefined where it can. */
export function wrongInLeased(
  { alone, confinement }: Pick<BegunWorker, 'alone' | 'confinement'>,
  { isOpen }: Leasing,
): Rejection | undefined {
  if (!isOpen) return refusal('node.json has no /execution: executors cannot connect');
  if (alone === undefined || confinement !== 'interpreter') {
    return refusal('executors carry out workers in one file alone: .guest.js or .wasm, by path');
  }
  if (alone.bytes.byteLength <= MOST_BYTES) return undefined;
  return refusal(`it has more than ${MOST_BYTES} bytes`);
}

/** Stands for a worker that an executor runs: what it asks for comes from there. */
export function leasedHost(
  begun: BegunWorker,
  { run_id }: Pick<OpenWorkerRun, 'run_id'>,
  leasing: Leasing,
): Result<WorkerHost, Rejection> {
  const wrong = wrongInLeased(begun, leasing);
  if (wrong !== undefined || begun.alone === undefined) return err(wrong ?? NO_FILE);
  const { file, bytes } = begun.alone;
  const work = { run_id, file, bytes: Buffer.from(bytes).toString('base64') };
  return ok({
    description: begun.host.description,
    invoke: (call) => leasing.board.carryOut(work, call),
    close: async () => {},
  });
}

const NO_FILE = refusal('it is no worker in one file');

function refusal(message: string): Rejection {
  return { code: 'run.not_leasable', message };
}
