import { sha256 } from '@ioi/canon';
import { keyId } from '@ioi/crypto';
import { generateHybridKey, type HybridKey, signHybrid } from '@ioi/crypto/shell';
import type {
  AcceptBundle,
  ActionRules,
  LogEntry,
  PinOrganisation,
  PolicyBundle,
  UnpinOrganisation,
} from '@ioi/protocol';
import { bundleMessage } from '../core/boundary/index.ts';
import { draftUnpin, nextPin, statementBytes } from '../core/governance/index.ts';
import { policyText } from './artifacts.ts';
import type { TestAgent } from './test-agent.ts';

const DAY_MS = 86_400_000n;

/** An organisation and what it, or the owner about it, would say on a test node. */
export class TestOrganisation {
  readonly agent: TestAgent;
  readonly key: HybridKey;
  readonly id: string;

  constructor(agent: TestAgent, name = 'example') {
    this.agent = agent;
    this.id = `org://${name}`;
    const [ed25519, mlDsa44] = [sha256(`${name} 1`), sha256(`${name} 2`)];
    this.key = generateHybridKey({ ed25519, mlDsa44 });
  }

  get keyId() {
    return keyId(this.key.publicKey);
  }

  pinning(changed: Partial<PinOrganisation['pin']> = {}): PinOrganisation {
    const sequence = nextPin(this.agent.node.view);
    const said = { organisation_id: this.id, public_key: this.key.publicKey, sequence };
    const pin = { ...said, ...changed };
    const { genesis: node, owner } = this.agent.node;
    const message = statementBytes({ node, operation: 'organisation.pin', statement: pin });
    return { pin, signature: signHybrid(owner, 'SIG_DOMAIN_MANIFEST', message) };
  }

  pin(): LogEntry {
    const { node } = this.agent;
    return node.seal(node.propose('governance/organisation.pin', this.pinning()));
  }

  /** With the approval of exactly it. */
  unpinning(): Required<UnpinOrganisation> {
    const { node } = this.agent;
    const sequence = nextPin(node.view);
    const unpin = { organisation_id: this.id, key_id: this.keyId, sequence };
    const { message, request } = draftUnpin(unpin, { node: node.genesis, nonce: 7n });
    const signature = signHybrid(node.owner, 'SIG_DOMAIN_MANIFEST', message);
    return { unpin, signature, request, token: this.agent.token(request) };
  }

  unpin(): LogEntry {
    const { node } = this.agent;
    return node.seal(node.propose('governance/organisation.unpin', this.unpinning()));
  }

  bundle(rules: ActionRules, changed: Partial<PolicyBundle> = {}): AcceptBundle {
    const { node } = this.agent;
    const { signature: _, ...change } = changed;
    const signed = {
      organisation_id: this.id,
      key_id: this.keyId,
      version: '1',
      policy_hash: node.savePayload(policyText(rules)),
      issued: String(node.chainTime),
      max_age_ms: String(DAY_MS),
      stale: 'ask' as const,
      ...change,
    };
    return { bundle: this.signed(signed) };
  }

  signed(bundle: Omit<PolicyBundle, 'signature'>, by: HybridKey = this.key): PolicyBundle {
    return { ...bundle, signature: signHybrid(by, 'SIG_DOMAIN_POLICY', bundleMessage(bundle)) };
  }

  accept(rules: ActionRules, changed: Partial<PolicyBundle> = {}): LogEntry {
    const { node } = this.agent;
    return node.seal(node.propose('bundle.accept', this.bundle(rules, changed)));
  }
}
