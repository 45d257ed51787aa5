import { ok } from '@ioi/basis';
import { keyId, type VerifierRegistry } from '@ioi/crypto';
import {
  isPinOrganisation,
  isUnpinOrganisation,
  type PinOrganisation,
  type UnpinOrganisation,
  type View,
} from '@ioi/protocol';
import { keys, type OrganisationHead } from '../boundary/heads.ts';
import {
  approvalKeys,
  type GovernanceOperation,
  holdSignature,
  holdStepUp,
  policyInForce,
  reject,
  requireNode,
  SPEAKERS,
} from './authority.ts';

/** Target of the request an owner approves to no longer be bounded. */
export const UNPIN_TARGET = 'organisation::unpin';

/** The owner names the organisation that bounds the node; that only tightens. */
export function pinOrganisation(registry: VerifierRegistry): GovernanceOperation<PinOrganisation> {
  return {
    authors: SPEAKERS,
    accepts: isPinOrganisation,
    reads: () => [keys.node, keys.organisation],
    needs: () => [],
    decide: ({ pin, signature }, { view }) => {
      const node = requireNode(view);
      if (!node.ok) return node;
      const said = { node: node.value, operation: 'organisation.pin', statement: pin };
      const held = holdSignature(said, node.value.owner_key, signature, registry);
      if (!held.ok) return held;
      const { pinned } = organisationIn(view);
      if (pinned) {
        return reject('organisation.pinned', `${pinned.organisation_id} bounds the node already`);
      }
      if (pin.sequence !== nextPin(view)) return moved();
      const { organisation_id, public_key, sequence } = pin;
      const key_id = keyId(public_key);
      const event = { type: 'organisation.pinned', organisation_id, key_id, public_key } as const;
      return ok([{ ...event, sequence }]);
    },
  };
}

/** The owner ends it. What was bounded may go further then, so it takes a token. */
export function unpinOrganisation(
  registry: VerifierRegistry,
): GovernanceOperation<UnpinOrganisation> {
  return {
    authors: SPEAKERS,
    accepts: isUnpinOrganisation,
    reads: (payload) => [keys.node, keys.organisation, keys.policy, ...approvalKeys(payload)],
    needs: () => [],
    decide: ({ unpin, signature, ...approval }, { view, at }) => {
      const node = requireNode(view);
      if (!node.ok) return node;
      const said = { node: node.value, operation: 'organisation.unpin', statement: unpin };
      const held = holdSignature(said, node.value.owner_key, signature, registry);
      if (!held.ok) return held;
      const { organisation_id, key_id, sequence } = unpin;
      const { pinned } = organisationIn(view);
      if (!pinned) return reject('organisation.none_pinned', 'no organisation bounds this node');
      const isThis = pinned.organisation_id === organisation_id && pinned.key_id === key_id;
      if (!isThis || sequence !== nextPin(view)) return moved();
      const policyHash = policyInForce(view, undefined);
      const asked = { ...approval, target: UNPIN_TARGET, statement: unpin, policyHash };
      const stepUp = holdStepUp(asked, { node: node.value, view, at }, registry);
      if (!stepUp.ok) return stepUp;
      const event = { type: 'organisation.unpinned', key_id: pinned.key_id, sequence } as const;
      return ok([stepUp.value.consumed, event]);
    },
  };
}

/** Number of the next pin or unpin. */
export function nextPin(view: View): string {
  return String(BigInt(organisationIn(view).sequence) + 1n);
}

function organisationIn(view: View): OrganisationHead {
  return view.get<OrganisationHead>(keys.organisation) ?? { sequence: '0' };
}

function moved() {
  return reject('organisation.moved', 'the pin is no longer what this is about');
}
