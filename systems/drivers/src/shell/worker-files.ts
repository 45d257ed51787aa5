import { constants } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { assert, BoundedMap, decodeUtf8, err, type Result } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import { modeOf, OpenFolder, openParent } from '@ioi/folders';
import type { JsonObject } from '@ioi/jsonrpc';
import type {
  ActionFacts,
  ActionRequest,
  Driver,
  Edge,
  Outcome,
  PerformOptions,
  Reconciliation,
  Rejection,
  RuntimeToolContract,
  SealedAction,
} from '@ioi/protocol';
import { checkPostconditions, pathsOf, rolesOf } from '../core/observation.ts';
import { reconcileFrom } from '../core/reconciliation.ts';
import { gatherFacts, observe } from './filesystem.ts';

export type WorkerFilesOptions = {
  /** The folder of the run whose session asks; undefined where no run has it. */
  readonly folderOf: (request: ActionRequest) => string | undefined;
  readonly argumentsOf: (action: SealedAction) => Result<JsonObject, Rejection>;
};

const REMEMBERED = 4096;
const MOST_NAMES = 10_000;
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const WRITE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Reads, lists and writes files in the folder of a run: what workers ask for by `fs::*`. */
export function workerFiles(options: WorkerFilesOptions): Driver {
  return new WorkerFiles(options);
}

class WorkerFiles implements Driver {
  readonly name = 'worker-files';
  readonly #options: WorkerFilesOptions;
  readonly #performed = new BoundedMap<Digest, true>(REMEMBERED);

  constructor(options: WorkerFilesOptions) {
    this.#options = options;
  }

  async gather(
    contract: RuntimeToolContract,
    request: ActionRequest,
  ): Promise<Result<ActionFacts, Rejection>> {
    const root = this.#options.folderOf(request);
    if (root === undefined) {
      return err({ code: 'driver.no_workspace', message: 'no run has a folder for this' });
    }
    const facts = await gatherFacts({ root, contract, request });
    if (!facts.ok) return facts;
    const base = baseOf(facts.value, root);
    const isInside = (path: string): boolean => path === base || path.startsWith(`${base}/`);
    const outside = pathsOf(contract, request.params).find((path) => !isInside(path));
    if (outside === undefined) return facts;
    const message = `path.outside: ${outside} is not in the folder of the run`;
    return err({ code: 'path.outside', message });
  }

  async perform(action: SealedAction, _edge: Edge, options: PerformOptions): Promise<Outcome> {
    const { contract, request, committed, committedHash } = action;
    assert(!this.#performed.has(committedHash), 'an action is performed once');
    this.#performed.set(committedHash, true);
    const given = this.#options.argumentsOf(action);
    if (!given.ok) return failed(given.error.message);
    if (options.signal.aborted) return failed('cancelled');
    const facts = await this.gather(contract, request);
    if (!facts.ok) return failed(facts.error.message);
    for (const name of ['workspace_root', 'target_exists'] as const) {
      if (facts.value[name] !== committed.facts[name]) {
        return failed(`the fact ${name} has changed since the decision`);
      }
    }
    const base = baseOf(facts.value, '/');
    const path = String(request.params['path']);
    const place = { base, below: bytesOf(path.slice(base.length + 1)) };
    if (contract.tool === 'fs::write') return write(action, place, given.value);
    return read(contract, place);
  }

  async reconcile(action: SealedAction): Promise<Reconciliation> {
    const { contract, request, committed } = action;
    const now = contract.effect === 'read' ? {} : await observe(rolesOf(contract, request.params));
    const prepared = this.#options.argumentsOf(action);
    const given = prepared.ok ? prepared.value : undefined;
    // It was written by the process that stopped, and by nobody else.
    const about = { contract, request, given, facts: committed.facts, now };
    return reconcileFrom({ ...about, performerGone: true });
  }
}

/** The folder of a run, and a path below it; empty where it is the folder itself. */
type Place = { readonly base: string; readonly below: string };

function baseOf({ workspace_root }: ActionFacts, root: string): string {
  return workspace_root ?? root;
}

/** One letter for each byte, as names in an open folder are. */
function bytesOf(path: string): string {
  return Buffer.from(path).toString('latin1');
}

async function read({ tool, limits }: RuntimeToolContract, place: Place): Promise<Outcome> {
  try {
    const output = tool === 'fs::list' ? namesIn(place) : await textOf(place, limits);
    if (typeof output === 'object' && 'why' in output) return failed(output.why);
    const postconditions = [{ name: 'output_present', satisfied: true }];
    return { kind: 'completed', output, reportedError: false, postconditions };
  } catch (fault) {
    return failed(whyOf(fault));
  }
}

type NotRead = { readonly why: string };

async function textOf(
  { base, below }: Place,
  { output_bytes: most }: RuntimeToolContract['limits'],
): Promise<string | NotRead> {
  if (below === '') return { why: 'it is no file' };
  const { folder, name } = openParent(base, below);
  let file: FileHandle;
  try {
    file = await open(folder.place(name), READ);
  } finally {
    folder.close();
  }
  try {
    const stat = await file.stat();
    if (!stat.isFile()) return { why: 'it is no file' };
    if (stat.size > most) return { why: `it has more than ${most} bytes` };
    const bytes = await file.readFile();
    if (bytes.byteLength > most) return { why: `it has more than ${most} bytes` };
    return decodeUtf8(bytes) ?? { why: 'it is no UTF-8 text' };
  } finally {
    await file.close();
  }
}

function namesIn({ base, below }: Place): readonly string[] | NotRead {
  const folder = openAt(base, below);
  try {
    const names = folder.names(MOST_NAMES + 1);
    if (names.length > MOST_NAMES) return { why: `it holds more than ${MOST_NAMES} names` };
    return names.map((name) => Buffer.from(name, 'latin1').toString('utf8')).sort();
  } finally {
    folder.close();
  }
}

function openAt(base: string, below: string): OpenFolder {
  if (below === '') return OpenFolder.at(base);
  const { folder, name } = openParent(base, below);
  try {
    return folder.folder(name);
  } finally {
    folder.close();
  }
}

/** Whole or not at all: written beside its place, then renamed into it. */
async function write(action: SealedAction, place: Place, given: JsonObject): Promise<Outcome> {
  const { contract, request, committedHash } = action;
  if (place.below === '') return failed('it is the folder of the run');
  try {
    const { folder, name } = openParent(place.base, place.below);
    try {
      const draft = `.ioi-${committedHash.slice('sha256:'.length, 23)}`;
      await replace(folder, { name, draft, content: String(given['content']) });
    } finally {
      folder.close();
    }
  } catch (fault) {
    return failed(whyOf(fault));
  }
  const after = await observe(rolesOf(contract, request.params));
  const about = { contract, request, given, after };
  const postconditions = checkPostconditions({ ...about, hasOutput: false });
  return { kind: 'completed', output: null, reportedError: false, postconditions };
}

type Written = { readonly name: string; readonly draft: string; readonly content: string };

/** A program stays one. */
async function replace(folder: OpenFolder, { name, draft, content }: Written): Promise<void> {
  const beside = folder.place(draft);
  const old = folder.stat(name);
  try {
    const file = await open(beside, WRITE, 0o666);
    try {
      await file.writeFile(content);
      if (old?.isFile()) await file.chmod(modeOf(old) & 0o777);
    } finally {
      await file.close();
    }
    await rename(beside, folder.place(name));
  } catch (fault) {
    await rm(beside, { force: true }).catch(() => {});
    throw fault;
  }
}

function whyOf(fault: unknown): string {
  const { code, message } = fault as NodeJS.ErrnoException;
  return `${code ?? message}`.toWellFormed();
}

function failed(reason: string): Outcome {
  return { kind: 'failed_before_effect', reason };
}
