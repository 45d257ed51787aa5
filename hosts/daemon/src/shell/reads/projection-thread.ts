import { parentPort } from 'node:worker_threads';
import { ProjectionHub } from './projection-hub.ts';
import type { Answer, FromProjections, ToProjections } from './projection-messages.ts';

/** Folding and reading have a thread of their own: neither holds up the boundary. */
if (!parentPort) throw new Error('projections run as a thread');
const port = parentPort;
const post = (message: FromProjections): void => port.postMessage(message);
const hub = new ProjectionHub({
  now: () => performance.now(),
  say: (message, about) => post({ kind: 'said', message, about }),
  tell: (deliveries) => post({ kind: 'told', deliveries }),
});

port.on('message', async (message: ToProjections) => {
  if (message.kind === 'open') hub.open(message);
  else if (message.kind === 'sealed') hub.sealed(message);
  else if (message.kind === 'leave') hub.leave(message.subscriber);
  else if (message.kind === 'close') {
    hub.close();
    post({ kind: 'closed' });
  } else {
    const { id, domain, question, ask } = message;
    const result = await hub.answer(domain, question, ask).catch(failed);
    post({ kind: 'answered', id, result });
  }
});

function failed(fault: unknown): Answer<never> {
  const message = fault instanceof Error ? fault.message : String(fault);
  return { ok: false, error: { code: 'projection.fault', message } };
}
