import { parentPort, workerData } from 'node:worker_threads';
import type { BucketAnswer, BucketData, BucketWork } from './bucket-messages.ts';
import { BucketFault } from './fault.ts';
import { S3Client } from './s3-client.ts';

/** A bucket is asked beside everything else: whoever waits for one holds up nobody else. */
if (!parentPort) throw new Error('a bucket is asked in a thread');
const port = parentPort;
const { config, folder } = workerData as BucketData;
const client = new S3Client(config, folder);

port.on('message', async (work: BucketWork) => {
  const fault = await carryOut(work).catch(about);
  const answer: BucketAnswer = { id: work.id, ...(fault ? { fault } : {}) };
  port.postMessage(answer);
  if (work.done === undefined) return;
  const done = new Int32Array(work.done);
  Atomics.store(done, 0, 1);
  Atomics.notify(done, 0);
});

async function carryOut({ kind, file, bytes }: BucketWork): Promise<undefined> {
  if (kind === 'store') await client.store(file);
  else if (kind === 'recall') await client.recall(file, bytes);
  else await client.remove(file);
}

function about(fault: unknown): NonNullable<BucketAnswer['fault']> {
  if (fault instanceof BucketFault) return { code: fault.code, reason: fault.reason };
  // A disk that fails here, such as one that is full.
  const { code = 'no reason given' } = fault as NodeJS.ErrnoException;
  return { code: 'bucket.refused', reason: `a file of ours cannot be read or written: ${code}` };
}
