import { err, type Result } from '@ioi/basis';
import type { Refusal } from '../core/index.ts';

/** What the owner signed and nobody answered for in time. */
export const WITHDRAWN: Refusal = {
  code: 'operation.withdrawn',
  message: 'the owner was told that it failed',
};

/** What the channel may not say in another's place. */
export function notAuthentic(message: string): Result<never, Refusal> {
  return err({ code: 'operation.not_authentic', message });
}
