import { type HybridSignature, keyId } from '@ioi/crypto';
import { type HybridKey, signHybrid } from '@ioi/crypto/shell';
import { revokedIn, type Stage, sessionBytes, standingRevocations } from '@ioi/law';
import type { SessionIssuer, SessionRevocations } from '@ioi/protocol';
import type { Guardian } from './guardian.ts';

/** Under SIG_DOMAIN_SESSION: a session by its owner, a word about revocation by a guardian. */
export function signSession(signed: object, key: HybridKey): HybridSignature {
  const bytes = sessionBytes(signed);
  if (!bytes.ok) throw new Error(bytes.error.message);
  return signHybrid(key, 'SIG_DOMAIN_SESSION', bytes.value);
}

/** What other nodes are told of this one's sessions (whitepaper 7.4.1). Nothing in it is secret. */
export class SessionWords {
  readonly #guardian: Pick<Guardian, 'node' | 'stage'>;
  readonly #key: HybridKey;

  constructor(guardian: Pick<Guardian, 'node' | 'stage'>, key: HybridKey) {
    this.#guardian = guardian;
    this.#key = key;
  }

  /** Whom another node pins; undefined before there is a genesis. */
  issuer(): SessionIssuer | undefined {
    const node = this.#guardian.node();
    if (!node) return undefined;
    const { node_id, owner_key } = node;
    const { publicKey: guardian_key } = this.#key;
    return { issuer_id: keyId(owner_key), node_id, owner_key, guardian_key };
  }

  /** Which sessions are revoked, as of now. */
  revocations(): SessionRevocations | undefined {
    const node = this.#guardian.node();
    if (!node) return undefined;
    const { view, at }: Stage = this.#guardian.stage();
    const said = {
      issuer_id: keyId(node.owner_key),
      node_id: node.node_id,
      sequence: revokedIn(view).sequence,
      revocation_epoch: node.revocation_epoch,
      revoked: standingRevocations(view, at.chainTime).map(({ session_id }) => session_id),
      as_of: String(at.chainTime),
    };
    return { ...said, signature: signSession(said, this.#key) };
  }
}
