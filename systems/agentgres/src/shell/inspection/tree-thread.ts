import { setImmediate as otherWork } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { rootDigest } from '@ioi/law';
import { StateTree } from '@ioi/merkle';
import { fastestPairHasher } from '@ioi/merkle/shell';
import { unpackChanges } from '../../core/inspection/packed-changes.ts';
import { LogFault } from '../log-faults.ts';
import { ChunkHashes } from './chunk-hashes.ts';
import { openLogFile } from './log-file.ts';
import type { TreeAnswer, TreeData, TreeWork } from './tree-messages.ts';

/** The other core's half of checking a log: the state tree, and chunks of the log between. */
if (!parentPort) throw new Error('the tree is kept in a thread');
const port = parentPort;
const { folder, size, shared } = workerData as TreeData;
const tree = new StateTree(fastestPairHasher());
const answer = (said: TreeAnswer): void => port.postMessage(said);

port.on('message', ({ changes, commits }: TreeWork) => {
  let from = 0;
  for (const commit of commits) {
    tree.apply(unpackChanges(changes.subarray(from, commit.end)));
    from = commit.end;
    const found = rootDigest(tree);
    if (found === commit.stateRoot) continue;
    answer({ kind: 'differs', size: commit.size, found });
    return;
  }
  answer({ kind: 'taken' });
});

async function hashChunks(): Promise<void> {
  const log = openLogFile(folder);
  const hashes = new ChunkHashes(log, size, shared);
  while (hashes.next()) await otherWork();
  log.close();
}

if (shared !== undefined) {
  hashChunks().catch((fault: Error) => {
    const code = fault instanceof LogFault ? fault.code : 'log.damaged';
    answer({ kind: 'fault', code, message: fault.message });
  });
}
