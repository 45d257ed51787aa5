import { err, ok, type Result } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import { admit, domainModules, HeadMap, keys } from '@ioi/law';
import type { Author, Rejection } from '@ioi/protocol';
import type { StateHeads } from './archive-state.ts';
import type { ImportStep } from './import-invariants.ts';
import { type ImportTo, importOperations } from './import-plan.ts';

const CHANNEL: Author = { kind: 'channel' };

/**
 * The operations of an import, each decided here as a new domain will decide it, one after the
 * other. What one of them would be refused for is known before the first is sealed: on the way it
 * would be too late, above all for a domain that moves.
 */
export function triedOperations(
  to: ImportTo,
  heads: StateHeads,
  chainTime: bigint,
): Result<readonly ImportStep[], Rejection> {
  const planned = importOperations(to, heads);
  if (!planned.ok) return planned;
  const [modules, made] = [domainModules(), new HeadMap()];
  made.apply([{ key: keys.node, value: { domain_id: to.domainId }, seq: 0n }]);
  for (const [at, { speaker, operation, payload }] of planned.value.entries()) {
    const keyId = speaker as Digest | undefined;
    const author: Author = keyId === undefined ? CHANNEL : { kind: 'key', keyId };
    const seq = BigInt(at) + 1n;
    const proposed = {
      operation_id: `op_${at.toString(16).padStart(32, '0')}`,
      ...{ operation, payload: { ...payload } },
      authenticated_by: { kind: 'channel' as const },
    };
    const admitted = admit(proposed, {
      ...{ modules, view: made, evidence: { payload: () => undefined } },
      authenticate: () => ok(author),
      at: { seq, height: seq, chainTime },
    });
    if (!admitted.ok) {
      const { code, message } = admitted.error;
      const why = `an import cannot carry it: ${operation} would be refused, ${code}: ${message}`;
      return err({ code: 'archive.not_carried', message: why });
    }
    made.apply(admitted.value.changes);
  }
  return planned;
}
