import { err, ok, type Result } from '@ioi/basis';

/** Many byte streams over one: channel number, kind, bytes. */
export type MuxMessage =
  | { readonly kind: 'open'; readonly channel: number }
  | { readonly kind: 'data'; readonly channel: number; readonly bytes: Uint8Array }
  | { readonly kind: 'end'; readonly channel: number };

export type MuxError = { readonly code: 'mux.malformed'; readonly message: string };

const KINDS = ['open', 'data', 'end'] as const;
const HEADER_BYTES = 5;

/** Body of a frame: kind (1 byte), channel (4 bytes big endian), bytes. */
export function encodeMux(message: MuxMessage): Uint8Array {
  const bytes = message.kind === 'data' ? message.bytes : new Uint8Array(0);
  const body = new Uint8Array(HEADER_BYTES + bytes.length);
  const view = new DataView(body.buffer);
  view.setUint8(0, KINDS.indexOf(message.kind));
  view.setUint32(1, message.channel);
  body.set(bytes, HEADER_BYTES);
  return body;
}

export function decodeMux(body: Uint8Array): Result<MuxMessage, MuxError> {
  const kind = KINDS[body[0] ?? KINDS.length];
  if (body.length < HEADER_BYTES || kind === undefined) {
    return err({ code: 'mux.malformed', message: 'not a mux frame' });
  }
  const channel = new DataView(body.buffer, body.byteOffset, body.length).getUint32(1);
  if (kind !== 'data') return ok({ kind, channel });
  return ok({ kind, channel, bytes: body.subarray(HEADER_BYTES) });
}
