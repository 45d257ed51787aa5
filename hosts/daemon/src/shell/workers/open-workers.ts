import { type WorkerFilesOptions, workerFiles } from '@ioi/drivers/shell';
import type { Driver } from '@ioi/protocol';
import type { Contents } from '../contents.ts';
import { ExecutionDoor, type ExecutionOptions } from '../execution/execution-door.ts';
import { GraphRuns, type GraphRunsOptions } from '../graphs/graph-runs.ts';
import { argumentsFrom } from '../mcp/mounted-server.ts';
import { InstalledWorkers } from './installed-workers.ts';
import { RunView } from './run-view.ts';
import { Sayings } from './sayings.ts';
import { WorkerRuns, type WorkerRunsOptions } from './worker-runs.ts';

type Opening = Omit<WorkerRunsOptions, 'installs' | 'leasing' | 'sayings'> &
  Pick<ExecutionOptions, 'config'> &
  Pick<GraphRunsOptions, 'gate' | 'merges'> & { readonly folder: string };

/** Runs of workers and of graphs, and how they are told of. */
export function openWorkers(options: Opening) {
  const installs = new InstalledWorkers(options);
  installs.sweep();
  const execution = new ExecutionDoor(options);
  const sayings = new Sayings();
  const workers = new WorkerRuns({ ...options, installs, leasing: execution, sayings });
  const { reader, contents, nodeId } = options;
  const find: WorkerRuns['find'] = (runId) => workers.find(runId);
  const runView = new RunView({ reader, contents, nodeId, find, sayings });
  const graphs = new GraphRuns({ ...options, workers, installs, runView });
  return { workers, installs, runView, graphs, execution, sayings };
}

/** Performs what workers ask for of files. */
export function filesOf(contents: Contents, folderOf: WorkerFilesOptions['folderOf']): Driver {
  return workerFiles({ folderOf, argumentsOf: argumentsFrom(contents) });
}
