import { basename } from 'node:path';
import { err, ok, type Result } from '@ioi/basis';
import { type Digest, digestBytes } from '@ioi/canon';
import { type InstalledHead, installedWorkerId } from '@ioi/law';
import type { OpenWorkerRun, Rejection, WorkerHost, WorkerTask } from '@ioi/protocol';
import type { OwnStep } from '../../core/index.ts';
import { type InstalledWorkers, nameOfWorker } from './installed-workers.ts';
import { beginOwn } from './own-host.ts';
import {
  confinementOf,
  findWorker,
  type Starting,
  startWorker,
  type WorkerProgram,
} from './start-worker.ts';

/** What a worker is started from: a place on this machine, or what the owner installed. */
export type WorkerFrom =
  | { readonly path: string }
  /** `ai://…`, whichever version is installed. */
  | { readonly installed: string }
  /** Of a step of a workflow that the node carries out itself. */
  | { readonly own: OwnStep };

/** A started worker, and as whom it runs. */
export type BegunWorker = {
  readonly host: WorkerHost;
  readonly program_hash: Digest;
  readonly worker_id: string;
  readonly agent_id: string;
  readonly confinement: OpenWorkerRun['confinement'];
  /** Of a worker in one file, by its path: what somebody else can run as well. */
  readonly alone?: { readonly file: string; readonly bytes: Uint8Array };
  readonly managed?: NonNullable<OpenWorkerRun['managed']>;
  readonly own?: NonNullable<OpenWorkerRun['own']>;
  /** Of its manifest; a folder declares nothing, and is bounded by the policy alone. */
  readonly capabilities: readonly string[];
  readonly scopes: readonly string[];
};

/** Of a run that goes on: it is not gone on with by another program. */
export type Expected = Pick<OpenWorkerRun, 'program_hash' | 'worker_id'>;

export type Beginning = Starting & {
  readonly nodeId: string;
  readonly installs: InstalledWorkers;
};

const PUBLISHER_DIGITS = 16;
const PLACE_DIGITS = 12;

/** Finds and starts it; it has said hello when this resolves. */
export async function beginWorker(
  from: WorkerFrom,
  options: Beginning,
  expected?: Expected,
): Promise<Result<BegunWorker, Rejection>> {
  if ('installed' in from) return beginInstalled(from.installed, options, expected);
  const nodeName = nameOfNode(options);
  if ('own' in from) {
    const begun = beginOwn(from.own, nodeName);
    const isThis = expected === undefined || expected.program_hash === begun.program_hash;
    return isThis ? ok(begun) : changed(from.own.workflow);
  }
  const found = await findWorker(from.path);
  if (!found.ok) return found;
  if (expected !== undefined && found.value.hash !== expected.program_hash) {
    return changed(from.path);
  }
  const started = await startWorker(found.value, options);
  if (!started.ok) return started;
  const { name, hash, file, bytes } = found.value;
  return ok({
    ...(bytes === undefined ? {} : { alone: { file: basename(file), bytes } }),
    host: started.value,
    program_hash: hash,
    worker_id: `worker://${nodeName}/${name}.${placeOf(found.value)}`,
    agent_id: `agent://${nodeName}/worker/${name}`,
    confinement: confinementOf(found.value, options),
    capabilities: [],
    scopes: [],
  });
}

async function beginInstalled(
  id: string,
  options: Beginning,
  expected: Expected | undefined,
): Promise<Result<BegunWorker, Rejection>> {
  const unpacked = options.installs.unpack(id);
  if (!unpacked.ok) return unpacked;
  const { folder, head, remove } = unpacked.value;
  const { manifest, manifest_hash } = head;
  const worker_id = installedWorkerId(manifest.authority, manifest_hash);
  const isOther =
    expected !== undefined &&
    (expected.program_hash !== head.package || expected.worker_id !== worker_id);
  if (isOther) {
    remove();
    return changed(id);
  }
  const name = nameOfWorker(manifest.id);
  const { entry } = manifest;
  const { package: hash } = head;
  const file = `${folder}/${entry.file}`;
  const program = { folder, file, opened: [folder], entry, name, hash };
  const started = await startWorker(program, options).catch((fault: unknown) => {
    remove();
    throw fault;
  });
  const host = started.ok ? asDeclared(started.value, head, remove) : started;
  if (!host.ok) {
    remove();
    return host;
  }
  return ok({
    host: host.value,
    program_hash: head.package,
    worker_id,
    agent_id: agentOf(nameOfNode(options), head),
    confinement: confinementOf(program, options),
    managed: { id: manifest.id, manifest_hash, instance_id: head.instance.instance_id },
    capabilities: manifest.capabilities_required ?? [],
    scopes: manifest.scopes_requested ?? [],
  });
}

function nameOfNode({ nodeId }: Beginning): string {
  return nodeId.slice('node://'.length);
}

function changed(what: string): Result<never, Rejection> {
  const message = `${what} is not what it was when the run began`;
  return err({ code: 'run.worker_changed', message });
}

/** Of two workers with one name, which: so that neither remembers what the other did. */
function placeOf({ folder, file }: WorkerProgram): string {
  const digest = digestBytes(`${folder}\0${file}`);
  return digest.slice('sha256:'.length, 'sha256:'.length + PLACE_DIGITS);
}

/** The same for every version of one publisher's worker: rules of the policy name it. */
function agentOf(nodeName: string, { manifest }: InstalledHead): string {
  const publisher = manifest.authority.split(':').at(-1)?.slice(0, PUBLISHER_DIGITS);
  const name = nameOfWorker(manifest.id).replaceAll(/[^A-Za-z0-9._-]/g, '-');
  return `agent://${nodeName}/worker/${publisher}/${name}`;
}

/** Its tasks are those that were signed, whatever the program says of itself. */
function asDeclared(
  host: WorkerHost,
  { manifest }: InstalledHead,
  remove: () => void,
): Result<WorkerHost, Rejection> {
  const said = host.description.tasks.map(({ name }) => name);
  const missing = manifest.tasks.find(({ name }) => !said.includes(name));
  if (missing !== undefined) {
    void host.close();
    const message = `it does not do ${missing.name}, which its manifest declares`;
    return err({ code: 'worker.other_tasks', message });
  }
  const tasks = manifest.tasks as readonly WorkerTask[];
  return ok({
    description: { ...host.description, tasks },
    invoke: (call) => host.invoke(call),
    close: async () => {
      await host.close();
      remove();
    },
  });
}
