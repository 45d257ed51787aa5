import { type HybridKey, signHybrid } from '@ioi/crypto/shell';
import { epochMessage, nextEpochOf, type SealedLog } from '@ioi/law';
import type { ChangeEpoch, HybridPublicKey, SuccessionGrant } from '@ioi/protocol';

/** Who is to seal a log from here on, and what was sealed before. */
export type Appointment = {
  readonly log: SealedLog;
  readonly reason: ChangeEpoch['reason'];
  readonly predecessor: ChangeEpoch['predecessor'];
  readonly guardianKey: HybridPublicKey;
  /** Of a restore: entries that are known to have been sealed. */
  readonly knownSize?: string | undefined;
  /** Of a succession: the owner's word, in whose place another signs. */
  readonly succession?: SuccessionGrant;
};

/** The change to the next epoch of a log, with the signature of its owner or of a successor. */
export function signChange(signer: HybridKey, appointment: Appointment): ChangeEpoch {
  const { log, reason, predecessor, guardianKey: guardian_key, knownSize } = appointment;
  const known = knownSize === undefined ? {} : { known_size: knownSize };
  const granted =
    appointment.succession === undefined ? {} : { succession: appointment.succession };
  const change = { ...nextEpochOf(log), reason, predecessor, guardian_key, ...known, ...granted };
  const message = epochMessage(change, log);
  if (!message.ok) throw new Error(message.error.message);
  return { ...change, owner_signature: signHybrid(signer, 'SIG_DOMAIN_OPERATION', message.value) };
}
