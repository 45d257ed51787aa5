import { LogFault } from '@ioi/agentgres/shell';
import type { ClusterAnswer, ClusterJob, RecoveryAnswer } from '@ioi/protocol';
import { Refused } from '../refused.ts';
import { admitMember, dismissMember, foundCluster, makeMemberKey } from './members.ts';
import { changeRoster } from './roster.ts';
import { standBy } from './stand-by.ts';
import { clusterStatus, stepDown } from './status.ts';

/** One job about the nodes that share a store; what the store refuses keeps its code. */
export async function clusterAnswer(
  job: ClusterJob,
  say: (answer: RecoveryAnswer) => void,
): Promise<ClusterAnswer> {
  try {
    return await answerTo(job, say);
  } catch (fault) {
    throw fault instanceof LogFault ? new Refused(fault.code, fault.message) : fault;
  }
}

function answerTo(job: ClusterJob, say: (answer: RecoveryAnswer) => void): Promise<ClusterAnswer> {
  switch (job.kind) {
    case 'cluster_key':
      return Promise.resolve(makeMemberKey(job));
    case 'cluster_found':
      return foundCluster(job);
    case 'cluster_admit':
      return admitMember(job);
    case 'cluster_roster':
      return changeRoster(job);
    case 'cluster_dismiss':
      return dismissMember(job);
    case 'cluster_stand_by':
      return standBy(job, say);
    case 'cluster_status':
      return clusterStatus(job);
    case 'cluster_step_down':
      return stepDown(job);
  }
}
