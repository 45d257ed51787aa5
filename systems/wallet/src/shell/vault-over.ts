import { err, ok, type Result } from '@ioi/basis';
import type { AskPipe } from '@ioi/frames/shell';
import type { Leased, Refused, VaultPort } from './account.ts';

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
