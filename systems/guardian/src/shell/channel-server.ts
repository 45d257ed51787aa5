import type { Duplex } from 'node:stream';
import { encodeBase64 } from '@ioi/basis';
import { encodeFrame, FrameReader } from '@ioi/frames';
import type {
  GuardianAnswer,
  GuardianMessage,
  GuardianNotice,
  GuardianRequest,
  Refusal,
} from '../core/index.ts';
import type { Guardian } from './guardian.ts';
import { type Asked, decodeRequest, encodeMessage } from './message-codec.ts';

/**
 * Serves the daemon's end of the channel until it closes. A fault while answering propagates:
 * a guardian whose store failed must stop, the seal is then in doubt.
 */
export function serveChannel(stream: Duplex, guardian: Guardian): (notice: GuardianNotice) => void {
  const reader = new FrameReader();
  const send = (message: GuardianMessage): void => {
    if (!stream.destroyed) stream.write(encodeFrame(encodeMessage(message)));
  };
  const serve = async ({ id, request }: Asked) => {
    if (request.kind === 'closing') {
      takeClosing(request, guardian);
      return;
    }
    send({ id, answer: await answerTo(request, guardian) });
    if (request.kind === 'seal') setImmediate(() => guardian.tidy());
  };
  stream.on('data', (chunk: Buffer) => {
    const bodies = reader.push(chunk);
    if (!bodies.ok) throw new Error(bodies.error.message);
    for (const body of bodies.value) void serve(decodeRequest(body));
  });
  return (notice) => send({ notice });
}

type Closing = Extract<GuardianRequest, { kind: 'closing' }>;

/** Whoever is not the writer any more is not refused here but where he asks for the seal. */
function takeClosing({ domain, opening, batch, commit }: Closing, guardian: Guardian): void {
  const status = guardian.status(domain);
  if (status.ok && status.value.opening === opening) guardian.closing(domain, batch, commit);
}

/** Every request has an answer, if only that it is refused; a fault of the store is thrown. */
export async function answerTo(
  request: GuardianRequest,
  guardian: Guardian,
): Promise<GuardianAnswer> {
  const { domain } = request;
  if ('opening' in request) {
    const status = guardian.status(domain);
    if (status.ok && status.value.opening !== request.opening) {
      const message = 'another writer opened this log';
      return refused({ code: 'writer.overtaken', message });
    }
  }
  switch (request.kind) {
    case 'status':
    case 'open': {
      if (request.kind === 'open') guardian.open(domain);
      const status = guardian.status(domain);
      return status.ok ? { kind: 'status', status: status.value } : refused(status.error);
    }
    case 'prepare': {
      const prepared = await guardian.prepare(domain, request.operations, request.payloads);
      if (!prepared.ok) return refused(prepared.error);
      return { kind: 'prepared', prepared: prepared.value };
    }
    case 'recover': {
      const recovered = guardian.recover(domain, request.entries);
      if (!recovered.ok) return refused(recovered.error);
      return { kind: 'recovered', recovered: recovered.value };
    }
    case 'seal': {
      const seal = guardian.seal(domain, request.batch, request.commit);
      return seal.ok ? { kind: 'sealed', seal: seal.value } : refused(seal.error);
    }
    case 'vouch': {
      const status = guardian.status(domain);
      if (!status.ok) return refused(status.error);
      const { shown, receipt_id: receiptId } = request;
      const vouched = await guardian.voucher.vouch(status.value, { shown, receiptId });
      return vouched.ok ? { kind: 'vouched', vouched: vouched.value } : refused(vouched.error);
    }
    case 'commitment_key': {
      const key = encodeBase64(guardian.commitmentKey(String(request.digest)));
      return { kind: 'commitment_key', key };
    }
    case 'edit_refused':
      guardian.orders.refused(String(request.request_hash), Object(request.refusal) as Refusal);
      return { kind: 'taken' };
    case 'shown':
      guardian.shown.take(request.payloads);
      return { kind: 'taken' };
    case 'exchanged':
      guardian.exchanges.take(request.exchanged);
      return { kind: 'taken' };
    default: {
      const message = 'not a request this guardian knows';
      return refused({ code: 'guardian.unknown_request', message });
    }
  }
}

function refused(refusal: Refusal): GuardianAnswer {
  return { kind: 'refused', refusal };
}
