import { faultCode } from '@ioi/basis';

/** What is kept of a content is not what was put, and it will not be again. */
export function damaged(digest: string): Error {
  const message = `${digest} does not open, see: ioi doctor`;
  return Object.assign(new Error(message), { code: 'content.damaged' });
}

/** Why what an act refers to cannot be had before it is performed, by its code. */
export function notAtHand(fault: unknown): string {
  const { message } = fault as Error;
  return `${faultCode(fault, 'artifact.unreadable')}: ${message}; nothing was done`;
}
