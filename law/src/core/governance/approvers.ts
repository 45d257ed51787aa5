import { ok, type Result } from '@ioi/basis';
import { type HybridSignature, keyId, type VerifierRegistry } from '@ioi/crypto';
import {
  type EnrollFactor,
  type EnrollLevel,
  type GroupFactor,
  isEnrollFactor,
  isEnrollLevel,
  isRevokeFactor,
  isSetApprovalRules,
  type Rejection,
  type RevokeFactor,
  type SetApprovalRules,
  type SignInFactor,
  type View,
} from '@ioi/protocol';
import { keys } from '../boundary/heads.ts';
import type { ApproversHead } from '../factors/index.ts';
import {
  type GovernanceOperation,
  holdSignature,
  reject,
  requireNode,
  SPEAKERS,
} from './authority.ts';
import type { GovernanceEvent } from './events.ts';
import { hashOf } from './names.ts';

/** Passkeys one node knows at most, and as many others. */
const MOST_FACTORS = 16;

type Said = {
  readonly operation: string;
  readonly statement: { readonly sequence: string };
  readonly signature: HybridSignature;
};

/** The owner says who else approves: one passkey more. */
export function enrollFactor(registry: VerifierRegistry): GovernanceOperation<EnrollFactor> {
  return {
    authors: SPEAKERS,
    accepts: isEnrollFactor,
    reads: () => [keys.node, keys.approvers],
    needs: () => [],
    decide: ({ enrollment, signature }, { view }) => {
      const said = { operation: 'factor.enroll', statement: enrollment, signature };
      const known = holdNext(said, view, registry);
      if (!known.ok) return known;
      const { factor, sequence } = enrollment;
      if (factor.factor_id !== hashOf(factor.public_key)) {
        return reject('factor.id_mismatch', 'factor_id does not follow from the key');
      }
      if (!isSecureFor(factor)) {
        return reject('factor.wrong_origin', 'the origin is not one of its relying party');
      }
      const isSame = (each: { factor_id: string }) => each.factor_id === factor.factor_id;
      if (known.value.factors.some(isSame)) {
        return reject('factor.known', 'this passkey approves already');
      }
      if (known.value.factors.length >= MOST_FACTORS) {
        return reject('factor.too_many', `at most ${MOST_FACTORS} passkeys`);
      }
      return ok([{ type: 'factor.enrolled', factor, sequence }]);
    },
  };
}

/** Somebody who signs in at a provider, or a group; the same one again in place of itself. */
export function enrollLevel(registry: VerifierRegistry): GovernanceOperation<EnrollLevel> {
  return {
    authors: SPEAKERS,
    accepts: isEnrollLevel,
    reads: () => [keys.node, keys.approvers],
    needs: () => [],
    decide: ({ enrollment, signature }, { view }) => {
      const said = { operation: 'level.enroll', statement: enrollment, signature };
      const known = holdNext(said, view, registry);
      if (!known.ok) return known;
      const { factor, sequence } = enrollment;
      if (factor.factor_id !== levelIdOf(factor)) {
        return reject('factor.id_mismatch', 'factor_id does not follow from who it is');
      }
      const others = (known.value.levels ?? []).filter((each) => !isSameFactor(each, factor));
      if (others.some(({ label }) => label === factor.label)) {
        return reject('factor.known', `${factor.label} is the name of another`);
      }
      if (others.length >= MOST_FACTORS) {
        return reject('factor.too_many', `at most ${MOST_FACTORS} sign-ins and groups`);
      }
      return ok([{ type: 'level.enrolled', factor, sequence }]);
    },
  };
}

/** Who it is, whatever keys, names and addresses go with it. */
export function levelIdOf(
  factor: Omit<SignInFactor, 'factor_id'> | Omit<GroupFactor, 'factor_id'>,
) {
  if (factor.kind === 'group') return keyId(factor.public_key);
  const { issuer, client_id, subject } = factor;
  return hashOf({ issuer, client_id, subject });
}

function isSameFactor(one: { factor_id: string }, other: { factor_id: string }): boolean {
  return one.factor_id === other.factor_id;
}

export function revokeFactor(registry: VerifierRegistry): GovernanceOperation<RevokeFactor> {
  return {
    authors: SPEAKERS,
    accepts: isRevokeFactor,
    reads: () => [keys.node, keys.approvers],
    needs: () => [],
    decide: ({ revocation, signature }, { view }) => {
      const said = { operation: 'factor.revoke', statement: revocation, signature };
      const known = holdNext(said, view, registry);
      if (!known.ok) return known;
      const { factor_id, sequence } = revocation;
      const { factors, levels = [] } = known.value;
      if (![...factors, ...levels].some((each) => each.factor_id === factor_id)) {
        return reject('factor.unknown', `nobody known as ${factor_id} approves here`);
      }
      return ok([{ type: 'factor.revoked', factor_id, sequence }]);
    },
  };
}

export function setApprovalRules(
  registry: VerifierRegistry,
): GovernanceOperation<SetApprovalRules> {
  return {
    authors: SPEAKERS,
    accepts: isSetApprovalRules,
    reads: () => [keys.node, keys.approvers],
    needs: () => [],
    decide: ({ setting, signature }, { view }) => {
      const said = { operation: 'approval.rules', statement: setting, signature };
      const known = holdNext(said, view, registry);
      if (!known.ok) return known;
      const { sequence, ...rules } = setting;
      return ok([{ type: 'approval.rules_set', rules, sequence }]);
    },
  };
}

/** Number of the next change of who approves. */
export function nextOfApprovers(view: View): string {
  return String(BigInt(approversIn(view).sequence) + 1n);
}

/** How the approvers stand after an event about them. */
export function approversAfter(view: View, event: ApproversEvent): ApproversHead {
  const before = approversIn(view);
  const { sequence } = event;
  if (event.type === 'approval.rules_set') return { ...before, sequence, rules: event.rules };
  if (event.type === 'factor.enrolled') {
    return { ...before, sequence, factors: [...before.factors, event.factor] };
  }
  if (event.type === 'level.enrolled') {
    const others = (before.levels ?? []).filter((each) => !isSameFactor(each, event.factor));
    return { ...before, sequence, levels: [...others, event.factor] };
  }
  const { levels, ...rest } = before;
  const left = levels?.filter((each) => !isSameFactor(each, event)) ?? [];
  const factors = before.factors.filter((each) => !isSameFactor(each, event));
  return { ...rest, sequence, factors, ...(left.length === 0 ? {} : { levels: left }) };
}

type ApproversEvent = Extract<
  GovernanceEvent,
  { type: 'factor.enrolled' | 'level.enrolled' | 'factor.revoked' | 'approval.rules_set' }
>;

function approversIn(view: View): ApproversHead {
  return view.get<ApproversHead>(keys.approvers) ?? { sequence: '0', factors: [] };
}

/** Signed by the owner, about the approvers as they stand. */
function holdNext(
  { operation, statement, signature }: Said,
  view: View,
  registry: VerifierRegistry,
): Result<ApproversHead, Rejection> {
  const node = requireNode(view);
  if (!node.ok) return node;
  const said = { node: node.value, operation, statement };
  const held = holdSignature(said, node.value.owner_key, signature, registry);
  if (!held.ok) return held;
  if (statement.sequence !== nextOfApprovers(view)) {
    return reject('approvers.moved', 'who approves is no longer what this is about');
  }
  return ok(approversIn(view));
}

/** Browsers keep passkeys to secure origins: HTTPS, or this machine by its name. */
function isSecureFor({ origin, rp_id }: EnrollFactor['enrollment']['factor']): boolean {
  const [scheme = '', rest = ''] = origin.split('://');
  const [host = ''] = rest.split(':');
  if (scheme === 'http') return host === 'localhost' && rp_id === 'localhost';
  return host === rp_id || host.endsWith(`.${rp_id}`);
}
