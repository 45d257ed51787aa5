import { parentPort, workerData } from 'node:worker_threads';
import { SealedLogFile } from '@ioi/agentgres/shell';
import type {
  Answer,
  FromProjections,
  ProjectionData,
  ToProjections,
} from './projection-messages.ts';
import { ProjectionService } from './projection-service.ts';

/** Folding and reading have a thread of their own: neither holds up the boundary. */
if (!parentPort) throw new Error('projections run as a thread');
const port = parentPort;
const data = workerData as ProjectionData;
const post = (message: FromProjections): void => port.postMessage(message);
const service = new ProjectionService({
  ...data,
  log: new SealedLogFile(data.folder),
  now: () => performance.now(),
  say: (message, about) => post({ kind: 'said', message, about }),
  tell: (deliveries) => post({ kind: 'told', deliveries }),
});

port.on('message', async (message: ToProjections) => {
  if (message.kind === 'sealed') service.sealed(message.size, message.note);
  else if (message.kind === 'leave') service.leave(message.subscriber);
  else if (message.kind === 'close') {
    service.close();
    post({ kind: 'closed' });
  } else {
    const { id, question, ask } = message;
    const result = await service.answer(question, ask).catch(failed);
    post({ kind: 'answered', id, result });
  }
});

function failed(fault: unknown): Answer<never> {
  const message = fault instanceof Error ? fault.message : String(fault);
  return { ok: false, error: { code: 'projection.fault', message } };
}
