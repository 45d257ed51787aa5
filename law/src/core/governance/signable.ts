import { assert, err, ok, type Result } from '@ioi/basis';
import { type HybridSignature, keyId, type VerifierRegistry } from '@ioi/crypto';
import type {
  ActionRequest,
  DecideProposal,
  HybridPublicKey,
  InstallAddOn,
  InstallWorker,
  Module,
  Rejection,
  SwapModule,
  UnpinOrganisation,
} from '@ioi/protocol';
import { ADD_ONS, type AddOnEvent } from '../add-ons/installs.ts';
import { addOnsModule } from '../add-ons/module.ts';
import { policyCache } from '../boundary/policy-cache.ts';
import { EXECUTION, type ExecutorEvent } from '../execution/executors.ts';
import { executionModule } from '../execution/module.ts';
import { type AdmitContext, admit } from '../ledger/admit.ts';
import type { WalletEvent } from '../wallet/events.ts';
import { walletModule } from '../wallet/module.ts';
import { WALLET } from '../wallet/signed.ts';
import { type InstallEvent, WORKERS } from '../workers/installs.ts';
import { workersModule } from '../workers/module.ts';
import { type Approval, GOVERNANCE, type Place, statementBytes } from './authority.ts';
import { draftAddOn, draftDecision, draftInstall, draftSwap, draftUnpin } from './drafts.ts';
import type { GovernanceEvent } from './events.ts';
import { governanceModule } from './module.ts';

/** The member of a payload that is signed, by module and operation. Names are used once. */
const STATEMENTS = {
  [GOVERNANCE]: {
    'chain.create': 'creation',
    'chain.advance': 'transition',
    'module.register': 'registration',
    'module.swap': 'swap',
    'proposal.decide': 'decision',
    'settlement.record': 'settlement',
    'organisation.pin': 'pin',
    'organisation.unpin': 'unpin',
    'factor.enroll': 'enrollment',
    'level.enroll': 'enrollment',
    'factor.revoke': 'revocation',
    'approval.rules': 'setting',
    'session_lease.issue': 'session',
    'session_lease.revoke': 'revocation',
  },
  [WALLET]: {
    'grant.issue': 'grant',
    'grant.deny': 'denial',
    'grant.revoke': 'revocation',
    'epoch.advance': 'advance',
    'certificate.issue': 'certificate',
    'certificate.revoke': 'revocation',
  },
  [WORKERS]: { install: 'installation', remove: 'removal' },
  [ADD_ONS]: { 'add_on.install': 'installation', 'add_on.remove': 'removal' },
  [EXECUTION]: { 'executor.admit': 'admission', 'executor.dismiss': 'dismissal' },
} as const;

type Statements = typeof STATEMENTS;
export type WalletStatement = keyof Statements['wallet'];
export type InstallStatement = keyof Statements['workers'];
export type AddOnStatement = keyof Statements['addons'];
export type ExecutorStatement = keyof Statements['execution'];
export type SignedOperation =
  | keyof Statements['governance']
  | WalletStatement
  | InstallStatement
  | AddOnStatement
  | ExecutorStatement;

/** What a key is to sign, as it would stand in the payload. */
export type Signable = { readonly operation: SignedOperation; readonly statement: object };

export function isSignedOperation(name: string): name is SignedOperation {
  return Object.values(STATEMENTS).some((operations) => Object.hasOwn(operations, name));
}

/** The module that decides what was signed. */
export function moduleOf(operation: SignedOperation): keyof Statements {
  const named = [WALLET, WORKERS, ADD_ONS, EXECUTION] as const;
  return named.find((name) => Object.hasOwn(STATEMENTS[name], operation)) ?? GOVERNANCE;
}

function memberOf(operation: SignedOperation): string {
  const members: Readonly<Record<string, string>> = STATEMENTS[moduleOf(operation)];
  const member = members[operation];
  assert(member !== undefined, 'every operation that is signed has a member for it');
  return member;
}

/** Bytes to sign under SIG_DOMAIN_MANIFEST. */
export function signableBytes(signable: Signable, node: Place): Uint8Array {
  return statementBytes({ node, module: moduleOf(signable.operation), ...signable });
}

/** The request to approve where a statement may widen. */
export function requestToApprove(
  { operation, statement }: Signable,
  drafting: { readonly node: Place; readonly nonce: bigint },
): ActionRequest | undefined {
  if (operation === 'module.swap')
    return draftSwap(statement as SwapModule['swap'], drafting).request;
  if (operation === 'organisation.unpin')
    return draftUnpin(statement as UnpinOrganisation['unpin'], drafting).request;
  if (operation === 'install')
    return draftInstall(statement as InstallWorker['installation'], drafting).request;
  if (operation === 'add_on.install')
    return draftAddOn(statement as InstallAddOn['installation'], drafting).request;
  if (operation !== 'proposal.decide') return undefined;
  return draftDecision(statement as DecideProposal['decision'], drafting).request;
}

/** The payload, signed by one key: in a settlement, for the chains of both sides. */
export function signedPayload(
  { operation, statement }: Signable,
  signature: HybridSignature,
  approval: Approval = {},
): Record<string, unknown> {
  const isTwofold = operation === 'settlement.record';
  const signed = isTwofold ? { signatures: [signature, signature] } : { signature };
  return { [memberOf(operation)]: statement, ...signed, ...approval };
}

/** What may come of a statement. */
export type SignedEvent = GovernanceEvent | WalletEvent | InstallEvent | AddOnEvent | ExecutorEvent;

const MODULES = {
  [GOVERNANCE]: governanceModule,
  [WALLET]: walletModule,
  [WORKERS]: workersModule,
  [ADD_ONS]: addOnsModule,
  [EXECUTION]: executionModule,
} as const;

/** Heads and place in the log that a rehearsal is held on. */
export type Stage = Pick<AdmitContext, 'view' | 'at'> & Partial<Pick<AdmitContext, 'evidence'>>;

/**
 * What a statement would bring about once this key signed it: the module's own decision, on these
 * heads. Rejects as the log would; `approval.required` where it also needs a token.
 */
export function rehearse(
  signable: Signable,
  key: HybridPublicKey,
  stage: Stage,
): Result<readonly SignedEvent[], Rejection> {
  const name = moduleOf(signable.operation);
  const module = MODULES[name](believing, policyCache()) as unknown as Module<object>;
  const payload = signedPayload(signable, unsigned(key));
  const admitted = admit(
    {
      operation_id: `op_${'0'.repeat(32)}`,
      operation: `${name}/${signable.operation}`,
      authenticated_by: { kind: 'channel' },
      payload,
    },
    {
      evidence: { payload: () => undefined },
      ...stage,
      modules: new Map([[name, module]]),
      authenticate: () => ok({ kind: 'channel' }),
    },
  );
  return admitted.ok ? ok(admitted.value.entry.events as SignedEvent[]) : admitted;
}

/** Stands for the signature that is still to come. */
function unsigned(key: HybridPublicKey): HybridSignature {
  return { algorithm: key.algorithm, key_id: keyId(key), ed25519: '', ml_dsa_44: '' };
}

/** Takes the named key's word: for rehearsals, whose outcome nobody keeps. */
const believing: VerifierRegistry = {
  verify: (publicKey, _domain, _message, { key_id }) => {
    if (key_id === keyId(publicKey)) return ok(undefined);
    return err({ code: 'crypto.key_mismatch', message: 'the signature names another key' });
  },
};
