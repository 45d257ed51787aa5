import { encodeUtf8 } from '@ioi/basis';

/** DSSE's pre-authentication encoding: what is signed of a payload and its type. */
export function dsseSignedBytes(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = encodeUtf8(payloadType);
  const head = encodeUtf8(`DSSEv1 ${type.length} ${payloadType} ${payload.length} `);
  const bytes = new Uint8Array(head.length + payload.length);
  bytes.set(head);
  bytes.set(payload, head.length);
  return bytes;
}
