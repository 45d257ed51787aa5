/** Headers of the daemon's line that say of an answer what HTTP/2 would take for its own. */
export const HEAD = 'ioi-head';
export const RECEIPT = 'ioi-receipt';
/** How many bytes of a body are the proof that its message is sealed. */
export const PROOF = 'ioi-proof';

export function packed(value: object | null): string {
  return Buffer.from(JSON.stringify(value), 'utf8').toString('base64');
}

export function unpacked(text: string): unknown {
  return JSON.parse(Buffer.from(text, 'base64').toString('utf8'));
}
