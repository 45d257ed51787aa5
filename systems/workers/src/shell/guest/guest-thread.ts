import { parentPort, workerData } from 'node:worker_threads';
import { Guest } from './guest.ts';
import { loadGuestEngine } from './guest-engine.ts';
import type { ForGuest, FromGuest, GuestStart } from './guest-messages.ts';

/** Guests run in a thread: what one computes holds up nobody else, and can be cut off. */
if (!parentPort) throw new Error('guests run in a thread');
const port = parentPort;
const { file, limits } = workerData as GuestStart;
const engine = await loadGuestEngine();
const first = await Guest.open(engine, file, limits);
// Read again for each task, so that none finds what another left.
let guest = first.ok ? first.value.guest : undefined;

async function open(): Promise<Guest> {
  const opened = await Guest.open(engine, file, limits);
  if (!opened.ok) throw new Error(`the same file is read otherwise: ${opened.error.code}`);
  return opened.value.guest;
}

async function answer(message: Exclude<ForGuest, { kind: 'leave' }>): Promise<FromGuest> {
  guest ??= await open();
  const turn =
    message.kind === 'begin'
      ? guest.begin(message.task, message.input)
      : guest.settle(message.index, message.answer);
  return { kind: 'turn', turn };
}

port.on('message', (message: ForGuest) => {
  if (message.kind === 'leave') guest = undefined;
  else void answer(message).then((turn) => port.postMessage(turn));
});
port.postMessage(
  first.ok
    ? { kind: 'opened', tasks: first.value.tasks }
    : { kind: 'refused', refusal: first.error },
);
