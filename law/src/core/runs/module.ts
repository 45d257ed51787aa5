import { assert, err, ok } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import {
  type HeadKey,
  isRecordRun,
  type Module,
  type NamedOperation,
  type Operation,
  type RecordRun,
} from '@ioi/protocol';
import { keys } from '../boundary/heads.ts';

const RUNS = 'runs';
const VERSION = '1';

export const RECORD_RUN_OPERATION = `${RUNS}/record`;

/** What is remembered of a run; together with the operation it stands in the log. */
export type RunEvent = { readonly type: 'run.recorded'; readonly run: RecordRun };

const recordKey = (runId: string): HeadKey => ({ headClass: 'run', id: runId });

/** What the log says of programs in a sandbox beside their acts: what they left of files. */
export function runsModule(): Module<RunEvent> {
  const operations = { record: recordRun as unknown as NamedOperation<RunEvent> };
  const manifest = { name: RUNS, version: VERSION, operations: Object.keys(operations) };
  const moduleHash = digestOf(manifest);
  assert(moduleHash.ok, 'a manifest has a canonical form');
  return {
    name: RUNS,
    version: VERSION,
    moduleHash: moduleHash.value,
    classes: { run: { limit: undefined } },
    operations,
    touches: ({ run }) => [recordKey(run.run_id)],
    evolve: (_view, { run }) => {
      const { change_set, counts } = run;
      return [{ key: recordKey(run.run_id), value: { change_set, counts } }];
    },
  };
}

/** Once for each run: what it left is not said again in another way. */
const recordRun: Operation<RecordRun, RunEvent> = {
  authors: ['channel'],
  accepts: isRecordRun,
  reads: ({ run_id }) => [keys.node, recordKey(run_id)],
  needs: () => [],
  decide: (run, { view }) => {
    if (!view.get(keys.node)) {
      return err({ code: 'node.no_genesis', message: 'the log has no genesis' });
    }
    if (view.get(recordKey(run.run_id)) !== undefined) {
      return err({ code: 'run.recorded', message: `${run.run_id} is recorded already` });
    }
    return ok([{ type: 'run.recorded', run }]);
  },
};
