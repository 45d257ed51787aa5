import type { Duplex } from 'node:stream';
import { encodeFrame, FrameReader } from '@ioi/frames';
import type {
  GuardianAnswer,
  GuardianMessage,
  GuardianNotice,
  GuardianRequest,
} from '../core/index.ts';
import type { Guardian } from './guardian.ts';

/**
 * Serves the daemon's end of the channel until it closes. A fault while answering propagates:
 * a guardian whose store failed must stop, the seal is then in doubt.
 */
export function serveChannel(stream: Duplex, guardian: Guardian): (notice: GuardianNotice) => void {
  const reader = new FrameReader();
  const send = (message: GuardianMessage): void => {
    if (!stream.destroyed) stream.write(encodeFrame(Buffer.from(JSON.stringify(message), 'utf8')));
  };
  stream.on('data', (chunk: Buffer) => {
    const bodies = reader.push(chunk);
    if (!bodies.ok) throw new Error(bodies.error.message);
    for (const body of bodies.value) {
      const message = JSON.parse(Buffer.from(body).toString('utf8')) as {
        id: number;
        request: GuardianRequest;
      };
      send({ id: message.id, answer: answerTo(message.request, guardian) });
      if (message.request.kind === 'seal') setImmediate(() => guardian.tidy());
    }
  });
  return (notice) => send({ notice });
}

function answerTo(request: GuardianRequest, guardian: Guardian): GuardianAnswer {
  switch (request.kind) {
    case 'status':
      return { kind: 'status', status: guardian.status() };
    case 'prepare': {
      const prepared = guardian.prepare(request.operations, request.payloads);
      return { kind: 'prepared', prepared };
    }
    case 'recover': {
      const recovered = guardian.recover(request.entries);
      return recovered.ok
        ? { kind: 'recovered', recovered: recovered.value }
        : { kind: 'refused', refusal: recovered.error };
    }
    case 'seal': {
      const seal = guardian.seal(request.batch, request.commit);
      return seal.ok
        ? { kind: 'sealed', seal: seal.value }
        : { kind: 'refused', refusal: seal.error };
    }
    default: {
      const message = 'not a request this guardian knows';
      return { kind: 'refused', refusal: { code: 'guardian.unknown_request', message } };
    }
  }
}
