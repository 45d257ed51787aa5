import { assert } from '@ioi/basis';
import { sha256 } from '@ioi/canon';
import { generateHybridKey, type HybridKey, signHybrid } from '@ioi/crypto/shell';
import type {
  AuthorityGrantEnvelope,
  AuthorityScopeRequestEnvelope,
  DelegationCertificate,
  IssueCertificate,
  IssueGrant,
  LogEntry,
  RuntimeToolContract,
} from '@ioi/protocol';
import type { NodeHead } from '../core/boundary/index.ts';
import { keys } from '../core/boundary/index.ts';
import { statementBytes } from '../core/governance/authority.ts';
import {
  type CertificateHead,
  contentId,
  type GrantHead,
  ownerIssuerOf,
  WALLET,
  walletKeys,
} from '../core/wallet/index.ts';
import { payContract, writeContract } from './artifacts.ts';
import type { TestNode } from './test-node.ts';

export const AGENT = 'agent://test/mcp';
const DAY_MS = 86_400_000n;

/** The test contracts, as tools that take a scope. */
export const scopedWrite: RuntimeToolContract = {
  ...writeContract,
  tool: 'write_scoped',
  authority_scopes: ['scope:repo.write'],
};
export const scopedPay: RuntimeToolContract = {
  ...payContract,
  tool: 'pay_scoped',
  authority_scopes: ['scope:commerce.order_submit'],
};

type Terms = Partial<Omit<AuthorityGrantEnvelope, 'authority_grant_id'>>;
type CertificateTerms = Partial<Omit<DelegationCertificate, 'certificate_id'>>;

/** What owner and Managers would say of authority on a `TestNode`: payloads that hold. */
export class TestOwner {
  readonly node: TestNode;
  readonly #keys = new Map<string, HybridKey>();
  #asked = 0;

  constructor(node: TestNode) {
    this.node = node;
  }

  get epoch(): string {
    const head = this.node.head<NodeHead>(keys.node);
    assert(head !== undefined, 'a test node has a genesis');
    return head.revocation_epoch;
  }

  get issuer(): string {
    return ownerIssuerOf(this.node.genesis.node_id);
  }

  do(operation: string, payload: object): LogEntry {
    return this.node.seal(this.node.propose(`wallet/${operation}`, payload));
  }

  /** `ok`, or the code it is refused with. */
  try(operation: string, payload: object): string {
    const result = this.node.tryAdmit(this.node.propose(`wallet/${operation}`, payload));
    return result.ok ? 'ok' : result.error.code;
  }

  sign(operation: string, statement: object, key: HybridKey = this.node.owner) {
    const message = statementBytes({
      node: this.node.genesis,
      module: WALLET,
      operation,
      statement,
    });
    return signHybrid(key, 'SIG_DOMAIN_MANIFEST', message);
  }

  later(milliseconds = DAY_MS): string {
    return String(this.node.chainTime + milliseconds);
  }

  request(changed: Partial<AuthorityScopeRequestEnvelope> = {}): AuthorityScopeRequestEnvelope {
    this.#asked += 1;
    return {
      authority_request_id: `authreq_${this.#asked.toString(16).padStart(32, '0')}`,
      subject_id: AGENT,
      issuer_id: this.issuer,
      primitive_capabilities_required: ['prim:fs.write'],
      authority_scopes_requested: ['scope:repo.write'],
      resource_scope: {
        resources: ['file:///notes/**'],
        constraints: { expiry: this.later() },
      },
      approval_required_for: [],
      status: 'requested',
      ...changed,
    };
  }

  /** Seals a request ahead of any act; its id. */
  ask(changed: Partial<AuthorityScopeRequestEnvelope> = {}): string {
    const request = this.request(changed);
    this.do('scope.request', { request });
    return request.authority_request_id;
  }

  /** A grant as the test contracts need it, signed by the owner unless told. */
  grant(requestId: string, terms: Terms = {}, key?: HybridKey): IssueGrant {
    const content = {
      request_id: requestId,
      issuer_id: this.issuer,
      subject_id: AGENT,
      authority_scopes: ['scope:repo.write', 'scope:commerce.order_submit'],
      primitive_capability_constraints: ['prim:fs.write', 'prim:net.request'],
      resources: ['file:///notes/**', 'tool://shop/**'],
      constraints: { expires_at: this.later() },
      approval_required_for: [],
      revocation_epoch: this.epoch,
      status: 'active' as const,
      ...terms,
    };
    const grant = { authority_grant_id: contentId('grant', content), ...content };
    return { grant, signature: this.sign('grant.issue', grant, key) };
  }

  /** Asks and grants at once; the id of the grant. */
  give(terms: Terms = {}, key?: HybridKey): string {
    const subject = terms.subject_id === undefined ? {} : { subject_id: terms.subject_id };
    const issued = this.grant(this.ask(subject), terms, key);
    this.do('grant.issue', issued);
    return issued.grant.authority_grant_id;
  }

  grantHead(id: string): GrantHead {
    const head = this.node.head<GrantHead>(walletKeys.grant(id));
    assert(head !== undefined, 'this was granted');
    return head;
  }

  revoke(authority_grant_id: string, key?: HybridKey): object {
    const revocation = { authority_grant_id };
    return { revocation, signature: this.sign('grant.revoke', revocation, key) };
  }

  deny(authority_request_id: string): object {
    const denial = { authority_request_id };
    return { denial, signature: this.sign('grant.deny', denial) };
  }

  advance(revocation_epoch = String(BigInt(this.epoch) + 1n)): object {
    const advance = { revocation_epoch };
    return { advance, signature: this.sign('epoch.advance', advance) };
  }

  keyOf(name: string): HybridKey {
    const known = this.#keys.get(name);
    if (known) return known;
    const seeds = { ed25519: sha256(`${name} 5`), mlDsa44: sha256(`${name} 6`) };
    const key = generateHybridKey(seeds);
    this.#keys.set(name, key);
    return key;
  }

  /** A certificate for the key of this name, from the owner or from the key of another name. */
  certificate(name: string, terms: CertificateTerms = {}, by?: string): IssueCertificate {
    const content = {
      subject_id: `worker://test/${name}`,
      subject_key: this.keyOf(name).publicKey,
      authority_scopes: ['scope:repo.write', 'scope:commerce.order_submit'],
      primitive_capability_constraints: ['prim:fs.write', 'prim:net.request'],
      resources: ['file:///notes/**', 'tool://shop/**'],
      constraints: { expires_at: this.later() },
      approval_required_for: [],
      revocation_epoch: this.epoch,
      ...terms,
    };
    const certificate = { certificate_id: contentId('cert', content), ...content };
    const key = by === undefined ? this.node.owner : this.keyOf(by);
    return { certificate, signature: this.sign('certificate.issue', certificate, key) };
  }

  certify(name: string, terms: CertificateTerms = {}, by?: string): string {
    const issued = this.certificate(name, terms, by);
    this.do('certificate.issue', issued);
    return issued.certificate.certificate_id;
  }

  certificateHead(id: string): CertificateHead {
    const head = this.node.head<CertificateHead>(walletKeys.certificate(id));
    assert(head !== undefined, 'this was issued');
    return head;
  }

  endCertificate(certificate_id: string, by?: string): object {
    const revocation = { certificate_id };
    const key = by === undefined ? this.node.owner : this.keyOf(by);
    return { revocation, signature: this.sign('certificate.revoke', revocation, key) };
  }

  /** Registers the tools that take a scope. */
  begin(): void {
    this.node.seal(
      this.node.propose('contract.register', { contract: scopedWrite }),
      this.node.propose('contract.register', { contract: scopedPay }),
    );
  }
}
