import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { ForGuest, FromGuest, GuestStart } from './guest-messages.ts';

/** Guests run in a thread: what one computes holds up nobody else, and can be cut off. */
if (!parentPort) throw new Error('guests run in a thread');
const start = workerData as GuestStart;
await serve(parentPort, await openingOf(start));

/**
 * How the file is read: once to see what it is, and anew for each task. A thread loads what its own
 * kind of guest needs and no more, since every run has a thread.
 */
async function openingOf({ file, limits }: GuestStart) {
  if ('bytes' in file) {
    const { WasmGuest } = await import('./wasm-guest.ts');
    return () => WasmGuest.open(file, limits);
  }
  const { Guest } = await import('./guest.ts');
  const { loadGuestEngine } = await import('./guest-engine.ts');
  const engine = await loadGuestEngine();
  return () => Guest.open(engine, file, limits);
}

async function serve(
  port: MessagePort,
  open: Awaited<ReturnType<typeof openingOf>>,
): Promise<void> {
  const first = await open();
  // Read again for each task, so that none finds what another left.
  let guest = first.ok ? first.value.guest : undefined;
  const answer = async (message: Exclude<ForGuest, { kind: 'leave' }>): Promise<FromGuest> => {
    if (guest === undefined) {
      const again = await open();
      if (!again.ok) throw new Error(`the same file is read otherwise: ${again.error.code}`);
      guest = again.value.guest;
    }
    if (message.kind === 'begin') {
      return { kind: 'turn', turn: guest.begin(message.task, message.input, message.seed) };
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
