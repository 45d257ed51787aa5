import { keyId } from '@ioi/crypto';
import { generateHybridKey, signEd25519, signHybrid } from '@ioi/crypto/shell';
import type {
  ApprovalRules,
  ApprovalToken,
  ApproverSession,
  EnrollFactor,
  EnrollLevel,
  FactorEnrolled,
  LevelFactor,
  LogEntry,
} from '@ioi/protocol';
import { challengeOf } from '../core/factors/index.ts';
import { nextOfApprovers, type Signable, signableBytes } from '../core/governance/index.ts';
import { bytesOf, hashOf } from './artifacts.ts';
import type { TestAgent } from './test-agent.ts';
import type { TestPasskey } from './test-passkey.ts';
import type { Forging, TestProvider } from './test-provider.ts';

const FIVE_MINUTES_MS = 300_000n;

/** What the owner of a test node says about who approves, and what those sign. */
export class TestApprovers {
  readonly #agent: TestAgent;
  readonly #sessionKey = generateHybridKey();

  constructor(agent: TestAgent) {
    this.#agent = agent;
  }

  enrolling(factor: FactorEnrolled): EnrollFactor {
    const enrollment = { factor, sequence: nextOfApprovers(this.#agent.node.view) };
    const signature = this.#signed({ operation: 'factor.enroll', statement: enrollment });
    return { enrollment, signature };
  }

  enroll(passkey: TestPasskey, changed: Partial<FactorEnrolled> = {}): LogEntry {
    return this.#say('factor.enroll', this.enrolling(passkey.factor(changed)));
  }

  enrollLevel(factor: LevelFactor): LogEntry {
    return this.#say('level.enroll', this.#enrollingLevel(factor));
  }

  /** Why somebody is not enrolled. */
  refusedLevel(factor: LevelFactor): string {
    const { node } = this.#agent;
    const payload = this.#enrollingLevel(factor);
    const result = node.tryAdmit(node.propose('governance/level.enroll', payload));
    return result.ok ? '' : result.error.code;
  }

  revoke({ factorId }: Pick<TestPasskey, 'factorId'>): LogEntry {
    const revocation = { factor_id: factorId, sequence: nextOfApprovers(this.#agent.node.view) };
    const signature = this.#signed({ operation: 'factor.revoke', statement: revocation });
    return this.#say('factor.revoke', { revocation, signature });
  }

  setRules(rules: ApprovalRules): LogEntry {
    const setting = { ...rules, sequence: nextOfApprovers(this.#agent.node.view) };
    const signature = this.#signed({ operation: 'approval.rules', statement: setting });
    return this.#say('approval.rules', { setting, signature });
  }

  /** A page that this passkey unlocked; `changed` before it signs. */
  session(passkey: TestPasskey, changed: Partial<ApproverSession> = {}): ApproverSession {
    const unsigned = this.#opening(changed);
    return { ...unsigned, opened_by: passkey.sign(unsigned) };
  }

  /** A page that somebody unlocked who signed in at a provider. */
  signIn(provider: TestProvider, { forging = {} }: { forging?: Forging } = {}): ApproverSession {
    const unsigned = this.#opening({});
    const nonce = challengeOf(hashOf(unsigned));
    const id_token = provider.idToken(nonce, BigInt(unsigned.opened), forging);
    const { factor_id: key_id } = provider.factor();
    return { ...unsigned, opened_by: { algorithm: 'oidc', key_id, id_token } };
  }

  #opening(changed: Partial<ApproverSession>): Omit<ApproverSession, 'opened_by'> {
    const { node } = this.#agent;
    return {
      artifact: 'ApproverSession',
      audience: keyId(node.guardian.publicKey),
      session_key: { algorithm: 'ed25519', key: this.#sessionKey.publicKey.ed25519 },
      nonce: '5',
      opened: String(node.chainTime),
      expires: String(node.chainTime + FIVE_MINUTES_MS),
      revocation_epoch: '0',
      ...changed,
    };
  }

  #enrollingLevel(factor: LevelFactor): EnrollLevel {
    const enrollment = { factor, sequence: nextOfApprovers(this.#agent.node.view) };
    const signature = this.#signed({ operation: 'level.enroll', statement: enrollment });
    return { enrollment, signature };
  }

  sessionToken(
    token: ApprovalToken,
    session: ApproverSession,
    method: ApprovalToken['method'] = 'session',
  ): ApprovalToken {
    const unsigned = unsignedOf({ ...token, method });
    const key = this.#sessionKey;
    const { signature } = signEd25519(key.ed25519, session.session_key, {
      domain: 'SIG_DOMAIN_APPROVAL',
      message: bytesOf(unsigned),
    });
    return { ...unsigned, user_sig: { algorithm: 'session', session, signature } };
  }

  #signed(signable: Signable) {
    const { genesis, owner } = this.#agent.node;
    return signHybrid(owner, 'SIG_DOMAIN_MANIFEST', signableBytes(signable, genesis));
  }

  #say(operation: string, payload: object): LogEntry {
    const { node } = this.#agent;
    return node.seal(node.propose(`governance/${operation}`, payload));
  }
}

/** What everybody signs of a token. */
export function unsignedOf({
  user_sig: _,
  co_sigs: __,
  ...unsigned
}: ApprovalToken): Omit<ApprovalToken, 'user_sig' | 'co_sigs'> {
  return unsigned;
}
