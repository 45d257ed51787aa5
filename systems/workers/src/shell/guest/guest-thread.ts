import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { Guest } from './guest.ts';
import { type GuestEngine, loadGuestEngine } from './guest-engine.ts';
import type { ForGuest, FromGuest, GuestStart } from './guest-messages.ts';

/** Guests run in a thread: what one computes holds up nobody else, and can be cut off. */
if (!parentPort) throw new Error('guests run in a thread');
await serve(parentPort, workerData as GuestStart, await loadGuestEngine());

async function serve(port: MessagePort, start: GuestStart, engine: GuestEngine): Promise<void> {
  const { file, limits } = start;
  const first = await Guest.open(engine, file, limits);
  // Read again for each task, so that none finds what another left.
  let guest = first.ok ? first.value.guest : undefined;
  const answer = async (message: Exclude<ForGuest, { kind: 'leave' }>): Promise<FromGuest> => {
    if (guest === undefined) {
      const again = await Guest.open(engine, file, limits);
      if (!again.ok) throw new Error(`the same file is read otherwise: ${again.error.code}`);
      guest = again.value.guest;
    }
    if (message.kind === 'begin') {
      return { kind: 'turn', turn: guest.begin(message.task, message.input) };
    }
    return { kind: 'turn', turn: guest.settle(message.index, message.answer) };
  };
  port.on('message', (message: ForGuest) => {
    if (message.kind === 'leave') guest = undefined;
    else void answer(message).then((turn) => port.postMessage(turn));
  });
  const opened: FromGuest = first.ok
    ? { kind: 'opened', tasks: first.value.tasks }
    : { kind: 'refused', refusal: first.error };
  port.postMessage(opened);
}
