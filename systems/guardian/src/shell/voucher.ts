import { encodeBase64, err, ok, type Result } from '@ioi/basis';
import { noteKeysOf } from '@ioi/crypto';
import { type HybridKey, signEd25519Raw, signMlDsa44RawAsync } from '@ioi/crypto/shell';
import { receiptSignings, type ShownEntry, standingReceipt } from '@ioi/law';
import type { GuardianStatus, Refusal, Vouched } from '../core/index.ts';

type Asked = { readonly shown: ShownEntry; readonly receiptId: string };
type Log = Pick<GuardianStatus, 'node_id' | 'domain_id' | 'origin' | 'seal'>;

/**
 * What the seal key signs beside seals: a receipt that a checkpoint of its own holds, in bytes
 * made here. The formats begin otherwise than a checkpoint, so none passes for another.
 */
export class Voucher {
  readonly #key: HybridKey;

  constructor(key: HybridKey) {
    this.#key = key;
  }

  /** Of the log as it is sealed now: what an earlier epoch signed is not vouched for again. */
  async vouch(log: Log, { shown, receiptId }: Asked): Promise<Result<Vouched, Refusal>> {
    const { node_id: nodeId, domain_id: domainId, origin } = log;
    const { publicKey } = this.#key;
    const keys = noteKeysOf(publicKey, origin);
    if (!keys.ok) return keys;
    const { ed25519, mlDsa44 } = keys.value;
    // Both halves: what one of them signs here must not stand on the other alone.
    const standing = standingReceipt(shown, receiptId, { origin, keys: [ed25519, mlDsa44] });
    if (!standing.ok) return standing;
    if (standing.value.checkpoint.size > Number(log.seal?.size ?? 0)) {
      return err({ code: 'seal.differs', message: 'the checkpoint is above what is sealed' });
    }
    const place = { nodeId, domainId, ...standing.value, text: shown.entry.text };
    const { statement, dsse, cose } = receiptSignings(place, publicKey);
    return ok({
      guardian_key: publicKey,
      statement,
      dsse: await signed(this.#key, { ed25519: dsse, mlDsa44: dsse }),
      cose: await signed(this.#key, cose),
    });
  }
}

async function signed(
  key: HybridKey,
  bytes: { readonly ed25519: Uint8Array; readonly mlDsa44: Uint8Array },
): Promise<Vouched['dsse']> {
  return {
    ed25519: encodeBase64(signEd25519Raw(key, bytes.ed25519)),
    ml_dsa_44: encodeBase64(await signMlDsa44RawAsync(key, bytes.mlDsa44)),
  };
}
