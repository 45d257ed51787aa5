import { ok, type Result } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import type { VerifierRegistry } from '@ioi/crypto';
import {
  type InstallWorker,
  isInstallWorker,
  isRemoveWorker,
  type ManagedWorkerInstanceEnvelope,
  type Operation,
  type ReceiptOf,
  type Rejection,
  type RemoveWorker,
  type Stamp,
  type WorkerInstallReceipt,
} from '@ioi/protocol';
import { keys, type NodeHead } from '../boundary/heads.ts';
import { onlyPrimitives } from '../capability/registered.ts';
import { accumulate, accumulatorRoot, receiptLeaf } from '../governance/accumulator.ts';
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
import { type InstalledHead, workerKeys } from './heads.ts';
import { compareVersions, requestsOf, workerInclusion } from './widening.ts';

/** Target of the request an owner approves to install what asks for more. */
export const INSTALL_TARGET = 'worker::install';
export const WORKERS = 'workers';

export type InstallEvent =
  | {
      readonly type: 'worker.installed';
      readonly receipt: WorkerInstallReceipt;
      readonly installed: InstalledHead;
    }
  | { readonly type: 'worker.removed'; readonly id: string; readonly removed: InstalledHead }
  | GovernanceEventOf<'approval.consumed'>
  | { readonly type: 'receipt.emitted'; readonly receipt: ReceiptOf<'mutation'> };

type Installs<P> = Operation<P, InstallEvent>;
type Installation = InstallWorker['installation'];

/**
 * The owner has a worker on the node (whitepaper 4.3.4): exactly the package that was shown. What
 * asks for more than the version before needs a token too; a first one asks for more than nothing.
 */
export function installWorker(registry: VerifierRegistry): Installs<InstallWorker> {
  return {
    authors: SPEAKERS,
    accepts: isInstallWorker,
    reads: ({ installation: { manifest }, ...approval }) => [
      keys.node,
      keys.policy,
      keys.lastReceipt,
      workerKeys.installed(manifest.id),
      ...approvalKeys(approval),
    ],
    needs: () => [],
    decide: ({ installation, signature, ...approval }, { view, at }) => {
      const found = requireNode(view);
      if (!found.ok) return found;
      const node = found.value;
      const about = { node, module: WORKERS, operation: 'install', statement: installation };
      const held = holdSignature(about, node.owner_key, signature, registry);
      if (!held.ok) return held;
      const before = view.get<InstalledHead>(workerKeys.installed(installation.manifest.id));
      const fit = fits(installation, before, registry);
      if (!fit.ok) return fit;
      const policyHash = policyInForce(view, undefined);
      if (policyHash === undefined) return reject('policy.none_active', 'no policy is active');
      const standing = before?.state === 'installed' ? before : undefined;
      const inclusion = workerInclusion(standing?.manifest, installation.manifest);
      const asked = { ...approval, target: INSTALL_TARGET, statement: installation, policyHash };
      const stepUp = mayWiden(inclusion)
        ? holdStepUp(asked, { node, view, at }, registry)
        : ok(undefined);
      if (!stepUp.ok) return stepUp;
      const { installed, receipt } = installedBy({ installation, node, policyHash, before }, at);
      const mutation = mutationReceipt(
        {
          ...changeOf(installation.manifest.id, installation, installed.manifest_hash),
          rationale_hash: hashOf(requestsOf(installation.manifest)),
          inclusion_result: inclusion,
          token_hash: stepUp.value?.tokenHash,
        },
        { node, view, at },
      );
      const events: InstallEvent[] = stepUp.value ? [consumedIn(stepUp.value.consumed)] : [];
      return ok([
        ...events,
        { type: 'worker.installed', receipt, installed },
        { type: 'receipt.emitted', receipt: mutation },
      ]);
    },
  };
}

/** The owner has it no longer: its instance stays, revoked. */
export function removeWorker(registry: VerifierRegistry): Installs<RemoveWorker> {
  return {
    authors: SPEAKERS,
    accepts: isRemoveWorker,
    reads: ({ removal }) => [keys.node, keys.lastReceipt, workerKeys.installed(removal.id)],
    needs: () => [],
    decide: ({ removal, signature }, { view, at }) => {
      const found = requireNode(view);
      if (!found.ok) return found;
      const node = found.value;
      const about = { node, module: WORKERS, operation: 'remove', statement: removal };
      const held = holdSignature(about, node.owner_key, signature, registry);
      if (!held.ok) return held;
      const before = view.get<InstalledHead>(workerKeys.installed(removal.id));
      if (before?.state !== 'installed') return notInstalled(removal.id);
      if (!isAbout(removal, before)) return moved(removal.id);
      const instance = { ...before.instance, lifecycle_status: 'revoked' as const };
      const removed = {
        ...before,
        state: 'removed' as const,
        sequence: removal.sequence,
        instance,
      };
      const mutation = mutationReceipt(
        {
          ...changeOf(removal.id, removal, NO_HASH),
          rationale_hash: hashOf(requestsOf({})),
          inclusion_result: 'narrower',
          token_hash: undefined,
        },
        { node, view, at },
      );
      return ok([
        { type: 'worker.removed', id: removal.id, removed },
        { type: 'receipt.emitted', receipt: mutation },
      ]);
    },
  };
}

/** Why it cannot be installed, whoever signs for it. */
function fits(
  installation: Installation,
  before: InstalledHead | undefined,
  registry: VerifierRegistry,
): Result<void, Rejection> {
  const { manifest, persistence_profile: profile } = installation;
  const forged = forgedManifest(manifest, registry);
  if (forged !== undefined) return reject(forged.code, forged.message);
  const primitive = onlyPrimitives(manifest.capabilities_required ?? []);
  if (!primitive.ok) return primitive;
  if (profile !== 'per_invocation') {
    return reject('worker.profile_unsupported', `${profile}: this node has per_invocation alone`);
  }
  if (!isAbout(installation, before)) return moved(manifest.id);
  if (before?.state !== 'installed') return ok(undefined);
  return follows(installation, before);
}

function follows(
  { manifest, may_downgrade }: Installation,
  before: InstalledHead,
): Result<void, Rejection> {
  if (manifest.authority !== before.manifest.authority) {
    const message = `${manifest.id} is by ${before.manifest.authority}, and not by another`;
    return reject('worker.other_publisher', message);
  }
  if (manifestRoot(manifest) === before.manifest_hash) {
    return reject('worker.already_installed', `${manifest.id} ${manifest.version} is installed`);
  }
  const order = compareVersions(manifest.version, before.manifest.version);
  if (order === undefined || order > 0 || may_downgrade) return ok(undefined);
  const than = order === 0 ? 'another package of' : 'older than';
  const message = `${manifest.version} is ${than} ${before.manifest.version}, which is installed`;
  return reject('worker.downgrade', message);
}

type About = { readonly old_manifest_hash: string; readonly sequence: string };
type Standing = Pick<InstalledHead, 'state' | 'manifest_hash' | 'sequence'>;

/** Whether a statement is about what is there now. */
export function isAbout(
  { old_manifest_hash, sequence }: About,
  before: Standing | undefined,
): boolean {
  const standing = before?.state === 'installed' ? before.manifest_hash : NO_HASH;
  return old_manifest_hash === standing && sequence === nextOfWorker(before);
}

/** Number of the next change of a worker, or of whatever is installed so. */
export function nextOfWorker(before: Pick<Standing, 'sequence'> | undefined): string {
  return String(BigInt(before?.sequence ?? '0') + 1n);
}

type Installing = {
  readonly installation: Installation;
  readonly node: NodeHead;
  readonly policyHash: Digest;
  readonly before: InstalledHead | undefined;
};

function installedBy(
  { installation, node, policyHash, before }: Installing,
  at: Stamp,
): { readonly installed: InstalledHead; readonly receipt: WorkerInstallReceipt } {
  const { manifest, sequence } = installation;
  const name = node.node_id.slice('node://'.length);
  const manifest_hash = manifestRoot(manifest);
  const owner = `wallet://${name}/owner`;
  // One that was removed does not come back: what is installed then is another.
  const kept = before?.state === 'installed' ? before : undefined;
  const instance_id = kept?.instance.instance_id ?? instanceIdOf(node.node_id, installation);
  const named = {
    worker_manifest_ref: `ai://manifest/${manifest_hash}`,
    install_right_ref: `ref://installation/${hashOf(installation)}`,
    license_ref: manifest.contribution_policy?.license_ref ?? 'license://none',
  };
  const said = {
    ...named,
    installer_ref: owner,
    policy_hash: policyHash,
    created_instance_ref: `inst://${instance_id}`,
    receipt_time: String(at.chainTime),
  };
  const receipt = { receipt_id: receiptIdOf(said), ...said };
  const receipts = accumulate(kept?.receipts, receiptLeaf(receipt));
  const instance: ManagedWorkerInstanceEnvelope = {
    instance_id,
    ...named,
    worker_version: manifest.version,
    owner_ref: owner,
    runtime_profile_ref: 'profile://local/process',
    runtime_assignment_ref: assignmentOf(node.node_id),
    persistence_profile: installation.persistence_profile,
    authority_policy_ref: `policy://${policyHash}`,
    wallet_grant_refs: [],
    memory_policy_ref: 'policy://retention/content',
    archive_policy_ref: 'policy://none',
    latest_state_root: NO_HASH,
    archive_refs: [],
    interaction_surfaces: ['api'],
    receipt_root: accumulatorRoot(receipts),
    lifecycle_status: 'ready',
  };
  const pack = installation.package as Digest;
  const head = { state: 'installed' as const, sequence, manifest, manifest_hash, package: pack };
  return { installed: { ...head, instance, receipts }, receipt };
}

/** Where instances of a node are run: by its daemon. */
export function assignmentOf(nodeId: string): string {
  return `assignment://${nodeId.slice('node://'.length)}/daemon`;
}

/** A receipt that is no link of the chain is named by what it says. */
export function receiptIdOf(said: object): string {
  return `receipt_${hashOf(said).slice(7, 39)}`;
}

function instanceIdOf(nodeId: string, installation: Installation): string {
  return `inst_${hashOf({ node_id: nodeId, installation: hashOf(installation) }).slice(7, 39)}`;
}

/** What a MutationReceipt says of a change of it. */
export function changeOf(id: string, statement: About, new_manifest_hash: string) {
  return {
    mutation_id: hashOf(statement),
    target: { kind: 'module', ref: id } as const,
    chain_id: undefined,
    old_manifest_hash: statement.old_manifest_hash,
    new_manifest_hash,
  };
}

/** That a token was used, as any module has it. */
export function consumedIn(event: {
  readonly type: string;
}): GovernanceEventOf<'approval.consumed'> {
  return event as GovernanceEventOf<'approval.consumed'>;
}

function notInstalled(id: string): Result<never, Rejection> {
  return reject('worker.not_installed', `${id} is not installed`);
}

function moved(id: string): Result<never, Rejection> {
  return reject('worker.moved', `${id} is no longer what this is about`);
}
