import { parentPort, workerData } from 'node:worker_threads';
import { doMergeJob, type MergeJob } from './merge-jobs.ts';

/** One job, and it ends: reading a large folder holds up nobody else of the node. */
if (!parentPort) throw new Error('merges run as a thread');
const { folder, job } = workerData as { readonly folder: string; readonly job: MergeJob };
parentPort.postMessage(doMergeJob(folder, job));
