import { randomBytes } from 'node:crypto';
import { AsideVerifier } from '@ioi/crypto/shell';
import { operationIdOf } from '@ioi/law';

/** What a guardian does that the log does not determine; a simulation puts its own in place. */
export type Sources = {
  /** Ids of operations that the guardian writes itself. */
  readonly newOperationId: () => string;
  /** Of an approval token. */
  readonly newNonce: () => bigint;
  /** Verifies signatures ahead, on other threads. */
  readonly aside: Pick<AsideVerifier, 'verify'>;
};

export function systemSources(): Sources {
  return {
    newOperationId: () => operationIdOf(Date.now(), randomBytes(10)),
    newNonce: () => randomBytes(8).readBigUInt64BE(),
    aside: new AsideVerifier(),
  };
}
