import { err, ok, type Result } from '@ioi/basis';
import { noteKeysOf } from '@ioi/crypto';
import type { AskPipe } from '@ioi/frames/shell';
import type { HybridPublicKey, PktReceiptCommit } from '@ioi/protocol';
import type { LeasedSecret } from '../core/index.ts';
import type { Leased, Refused, VaultPort } from './account.ts';
import type { OperationVault } from './sealed-egress.ts';

/** The guardian's vault, at the other end of a pipe. What comes back is believed: it is trusted. */
export function vaultOver(pipe: AskPipe): VaultPort {
  const ask = async <T>(body: object, read: (answer: Answer) => T): Promise<Result<T, Refused>> => {
    const answer = (await pipe.ask(body)) as Answer;
    return answer.refusal === undefined ? ok(read(answer)) : err(answer.refusal);
  };
  return {
    lease: (asked) => ask({ kind: 'lease', ...asked }, leasedIn),
    renew: (asked) => ask({ kind: 'renew', ...asked }, () => undefined),
  };
}

type Answer = {
  readonly item: { readonly kind: string; readonly header?: string };
  readonly secret: string;
  readonly refusal?: Refused;
};

function leasedIn({ item: { kind, header }, secret }: Answer): Leased {
  return { kind, secret, ...(header === undefined ? {} : { header }) };
}

/** The guardian's desk for sealed actions, at the other end of the same pipe. */
export function operationVaultOver(pipe: AskPipe): OperationVault {
  const ask = async <T>(body: object, read: (answer: Told) => T): Promise<Result<T, Refused>> => {
    const answer = (await pipe.ask(body)) as Told & { readonly refusal?: Refused };
    return answer.refusal === undefined ? ok(read(answer)) : err(answer.refusal);
  };
  return {
    keys: () =>
      ask({ kind: 'keys' }, ({ guardian_key: key, origin }) => {
        const pair = noteKeysOf(key, origin);
        if (!pair.ok) throw new Error(pair.error.message);
        return { origin, keys: [pair.value.ed25519] };
      }),
    lease: (asked) =>
      ask({ kind: 'lease_operation', ...asked }, ({ item, secret }) => ({ ...item, secret })),
    due: (asked) => ask({ kind: 'due_operation', ...asked }, () => undefined),
    commit: (asked) => ask({ kind: 'commit_result', ...asked }, ({ receipt }) => receipt),
    unsent: async (of) => void (await pipe.ask({ kind: 'unsent_operation', ...of })),
    settle: (committed_hash) =>
      ask({ kind: 'settle_operation', committed_hash }, ({ wasLeased }) => wasLeased),
  };
}

type Told = {
  readonly guardian_key: HybridPublicKey;
  readonly origin: string;
  readonly item: Omit<LeasedSecret, 'secret'>;
  readonly secret: string;
  readonly receipt: PktReceiptCommit;
  readonly wasLeased: boolean;
};
