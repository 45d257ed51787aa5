import type { LogEntry, ReceiptEnvelope } from '@ioi/protocol';
import { type NodeEvent, nodeEventsOf } from './node-modules.ts';

/** Ids and digests by which people look an entry up: requests, receipts, proposals, policies. */
export function referencesOf(entry: LogEntry): string[] {
  return nodeEventsOf(entry).flatMap(referencesIn);
}

function referencesIn(event: NodeEvent): readonly string[] {
  switch (event.type) {
    case 'receipt.emitted':
      return [event.receipt.receipt_id, ...subjectsOf(event.receipt.body)];
    case 'policy.activated':
      return [event.policy_hash];
    case 'bundle.accepted':
      return [event.bundle.bundle_hash, event.bundle.policy_hash];
    case 'organisation.pinned':
    case 'organisation.unpinned':
      return [event.key_id];
    case 'factor.enrolled':
    case 'level.enrolled':
      return [event.factor.factor_id];
    case 'factor.revoked':
      return [event.factor_id];
    case 'contract.registered':
      return [event.contract_hash];
    case 'approval.consumed':
      return [event.token_hash];
    case 'action.extended':
      return [event.request_hash];
    case 'chain.created':
      return [event.chain.envelope.chain_id];
    case 'chain.advanced':
      return [event.envelope.chain_id, event.transition_ref];
    case 'module.registered':
    case 'module.swapped':
      return [event.module.manifest.module_id, event.module.manifest_hash];
    case 'module.mounted':
      return [event.mounted.manifest.module_id, event.mounted.manifest_hash];
    case 'module.invocation_started':
      return [event.invocation_id, event.invocation_ref];
    case 'upgrade.proposal_submitted':
      return [event.proposal_id, event.proposal_ref];
    case 'upgrade.proposal_simulated':
      return [event.proposal_id];
    case 'session.opened':
      return [event.session_id];
    case 'session.closed':
      return [event.commitment.session_id];
    case 'authority.requested':
      return [event.request.authority_request_id];
    case 'authority.closed':
      return [event.authority_request_id];
    case 'authority.used':
      return [event.use.authority_grant_id, ...event.use.certificate_ids];
    case 'grant.issued':
      return [event.grant.authority_grant_id, event.grant.request_id];
    case 'grant.revoked':
      return [event.authority_grant_id];
    case 'certificate.issued':
      return [event.certificate.certificate_id];
    case 'certificate.revoked':
      return [event.certificate_id];
    case 'epoch.changed':
      return [event.origin];
    case 'commits.recorded':
      return [event.record.run_id, ...event.record.commits.map(({ commit }) => commit)];
    default:
      return workerReferencesIn(event);
  }
}

function workerReferencesIn(event: NodeEvent): readonly string[] {
  switch (event.type) {
    case 'worker_run.opened':
      return [event.run.run_id, event.run.session_id, event.run.task.task_id];
    case 'worker_run.answered':
      return [event.answered.run_id, event.answered.step_hash];
    case 'worker_run.ended': {
      const { completion, commitment, invocation } = event;
      const receipt = invocation === undefined ? [] : [invocation.receipt_id];
      return [completion.run_id, commitment.session_id, ...receipt];
    }
    case 'worker.installed': {
      const { manifest_hash, package: address, instance } = event.installed;
      return [event.receipt.receipt_id, instance.instance_id, manifest_hash, address];
    }
    case 'add_on.installed':
      return [event.receipt.receipt_id, event.installed.manifest_hash, event.installed.package];
    case 'add_on.removed':
      return [event.removed.manifest_hash];
    case 'worker.removed':
      return [event.removed.instance.instance_id, event.removed.manifest_hash];
    default:
      return graphReferencesIn(event);
  }
}

function graphReferencesIn(event: NodeEvent): readonly string[] {
  switch (event.type) {
    case 'run.leased':
    case 'run.lease_renewed':
    case 'run.step_proposed':
    case 'run.lease_returned':
      return [event.run_id];
    case 'graph_run.opened':
      return [event.opened.graph_run_id, event.opened.graph_id];
    case 'graph_step.begun':
      return [event.begun.graph_run_id, event.begun.run_id];
    case 'graph_step.settled': {
      const { graph_run_id, run_id } = event.artifact;
      return [graph_run_id, event.artifact_hash, ...(run_id === undefined ? [] : [run_id])];
    }
    case 'graph_run.cancelled':
      return [event.graph_run_id];
    case 'graph_run.ended':
      return [event.ended.graph_run_id];
    default:
      return [];
  }
}

/** What a receipt is about. */
function subjectsOf(body: ReceiptEnvelope['body']): readonly string[] {
  if ('invocation_id' in body) return [body.invocation_id];
  if ('mutation_id' in body) return [body.mutation_id];
  if ('proposal_id' in body) return [body.proposal_id];
  if ('settlement_id' in body) return [body.settlement_id, ...body.involved_chains];
  if ('session_id' in body) return [body.session_id];
  const subject = body.request_hash ?? ('raw_hash' in body ? body.raw_hash : undefined);
  return subject === undefined ? [] : [subject];
}
