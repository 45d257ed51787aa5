import { ok, type Result } from '@ioi/basis';
import type { VerifierRegistry } from '@ioi/crypto';
import {
  type AddOnInstallReceipt,
  type InstallAddOn,
  isInstallAddOn,
  isRemoveAddOn,
  type Operation,
  type ReceiptOf,
  type Rejection,
  type RemoveAddOn,
} from '@ioi/protocol';
import { keys } from '../boundary/heads.ts';
import { onlyPrimitives } from '../capability/registered.ts';
import {
  approvalKeys,
  holdSignature,
  holdStepUp,
  policyInForce,
  reject,
  requireNode,
  SPEAKERS,
} from '../governance/authority.ts';
import type { GovernanceEventOf } from '../governance/events.ts';
import { hashOf, NO_HASH } from '../governance/names.ts';
import { mutationReceipt } from '../governance/swap-module.ts';
import { forgedManifest, manifestRoot } from '../packages/package.ts';
import { mayWiden } from '../policy/index.ts';
import { changeOf, consumedIn, isAbout, receiptIdOf } from '../workers/installs.ts';
import { compareVersions } from '../workers/widening.ts';
import { addOnRequests } from './asking.ts';
import { type AddOnHead, addOnKeys, addOnName } from './heads.ts';
import { shapeFault } from './shape-fault.ts';
import { addOnInclusion } from './statements.ts';

export const ADD_ONS = 'addons';
/** Target of the request an owner approves to install what asks for more. */
export const ADD_ON_TARGET = 'add_on::install';

export type AddOnEvent =
  | {
      readonly type: 'add_on.installed';
      readonly receipt: AddOnInstallReceipt;
      readonly installed: AddOnHead;
    }
  | { readonly type: 'add_on.removed'; readonly removed: AddOnHead }
  | GovernanceEventOf<'approval.consumed'>
  | { readonly type: 'receipt.emitted'; readonly receipt: ReceiptOf<'mutation'> };

type Installation = InstallAddOn['installation'];

/**
 * The owner has a skill or extension on the node (whitepaper 2.3): exactly the package that was
 * shown. It changes neither policy nor worker: nothing of it can be used before a rule names it.
 */
export function installAddOn(registry: VerifierRegistry): Operation<InstallAddOn, AddOnEvent> {
  return {
    authors: SPEAKERS,
    accepts: isInstallAddOn,
    reads: ({ installation: { manifest }, ...approval }) => [
      keys.node,
      keys.policy,
      keys.lastReceipt,
      addOnKeys.installed(addOnName(manifest)),
      ...approvalKeys(approval),
    ],
    needs: () => [],
    decide: ({ installation, signature, ...approval }, { view, at }) => {
      const found = requireNode(view);
      if (!found.ok) return found;
      const node = found.value;
      const { manifest } = installation;
      const about = { node, module: ADD_ONS, operation: 'add_on.install', statement: installation };
      const held = holdSignature(about, node.owner_key, signature, registry);
      if (!held.ok) return held;
      const before = view.get<AddOnHead>(addOnKeys.installed(addOnName(manifest)));
      const fit = fits(installation, before, registry);
      if (!fit.ok) return fit;
      const policyHash = policyInForce(view, undefined);
      if (policyHash === undefined) return reject('policy.none_active', 'no policy is active');
      const asking = addOnRequests(manifest);
      const standing = before?.state === 'installed' ? before.manifest : undefined;
      const inclusion = addOnInclusion(standing, manifest);
      const asked = { ...approval, target: ADD_ON_TARGET, statement: installation, policyHash };
      const stepUp = mayWiden(inclusion)
        ? holdStepUp(asked, { node, view, at }, registry)
        : ok(undefined);
      if (!stepUp.ok) return stepUp;
      const manifest_hash = manifestRoot(manifest);
      const said = {
        add_on_manifest_ref: `ai://manifest/${manifest_hash}`,
        kind: manifest.kind,
        installer_ref: `wallet://${node.node_id.slice('node://'.length)}/owner`,
        install_right_ref: `ref://installation/${hashOf(installation)}`,
        policy_hash: policyHash,
        receipt_time: String(at.chainTime),
      };
      const mutation = mutationReceipt(
        {
          ...changeOf(manifest.id, installation, manifest_hash),
          rationale_hash: hashOf(asking),
          inclusion_result: inclusion,
          token_hash: stepUp.value?.tokenHash,
        },
        { node, view, at },
      );
      const head = { state: 'installed', sequence: installation.sequence, manifest } as const;
      const installed = {
        ...head,
        manifest_hash,
        package: installation.package as AddOnHead['package'],
      };
      const used: AddOnEvent[] = stepUp.value ? [consumedIn(stepUp.value.consumed)] : [];
      return ok([
        ...used,
        {
          type: 'add_on.installed',
          receipt: { receipt_id: receiptIdOf(said), ...said },
          installed,
        },
        { type: 'receipt.emitted', receipt: mutation },
      ]);
    },
  };
}

/** The owner has it no longer: nothing of it is offered. */
export function removeAddOn(registry: VerifierRegistry): Operation<RemoveAddOn, AddOnEvent> {
  return {
    authors: SPEAKERS,
    accepts: isRemoveAddOn,
    reads: ({ removal }) => [keys.node, keys.lastReceipt, addOnKeys.installed(addOnName(removal))],
    needs: () => [],
    decide: ({ removal, signature }, { view, at }) => {
      const found = requireNode(view);
      if (!found.ok) return found;
      const node = found.value;
      const about = { node, module: ADD_ONS, operation: 'add_on.remove', statement: removal };
      const held = holdSignature(about, node.owner_key, signature, registry);
      if (!held.ok) return held;
      const before = view.get<AddOnHead>(addOnKeys.installed(addOnName(removal)));
      if (before?.state !== 'installed' || before.manifest.id !== removal.id) {
        return reject('add_on.not_installed', `${removal.id} is not installed`);
      }
      if (!isAbout(removal, before)) return moved(removal.id);
      const removed = { ...before, state: 'removed' as const, sequence: removal.sequence };
      const mutation = mutationReceipt(
        {
          ...changeOf(removal.id, removal, NO_HASH),
          rationale_hash: hashOf({ capabilities: [], scopes: [], wishes: [] }),
          inclusion_result: 'narrower',
          token_hash: undefined,
        },
        { node, view, at },
      );
      return ok([
        { type: 'add_on.removed', removed },
        { type: 'receipt.emitted', receipt: mutation },
      ]);
    },
  };
}

/** Why it cannot be installed, whoever signs for it. */
function fits(
  installation: Installation,
  before: AddOnHead | undefined,
  registry: VerifierRegistry,
): Result<void, Rejection> {
  const { manifest } = installation;
  const fault = forgedManifest(manifest, registry) ?? shapeFault(manifest);
  if (fault !== undefined) return reject(fault.code, fault.message);
  const able = (manifest.tools ?? []).flatMap((tool) => tool.primitive_capabilities);
  const primitive = onlyPrimitives(able);
  if (!primitive.ok) return primitive;
  if (!isAbout(installation, before)) return moved(manifest.id);
  return before?.state === 'installed' ? follows(installation, before) : ok(undefined);
}

function follows(
  { manifest, may_downgrade }: Installation,
  { manifest: before, manifest_hash }: AddOnHead,
): Result<void, Rejection> {
  if (manifest.id !== before.id || manifest.kind !== before.kind) {
    const message = `${addOnName(before)} is the ${before.kind} ${before.id}: remove that first`;
    return reject('add_on.name_taken', message);
  }
  if (manifest.authority !== before.authority) {
    const message = `${manifest.id} is by ${before.authority}, and not by another`;
    return reject('add_on.other_publisher', message);
  }
  if (manifestRoot(manifest) === manifest_hash) {
    return reject('add_on.already_installed', `${manifest.id} ${manifest.version} is installed`);
  }
  const order = compareVersions(manifest.version, before.version);
  if (order === undefined || order > 0 || may_downgrade) return ok(undefined);
  const than = order === 0 ? 'another package of' : 'older than';
  const message = `${manifest.version} is ${than} ${before.version}, which is installed`;
  return reject('add_on.downgrade', message);
}

function moved(id: string): Result<never, Rejection> {
  return reject('add_on.moved', `${id} is no longer what this is about`);
}
