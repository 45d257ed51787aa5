import { constants } from 'node:fs';
import { lstat, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { assert, BoundedMap, decodeUtf8, err, type Result } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
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
    const base = facts.value.workspace_root ?? root;
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
    const path = String(request.params['path']);
    if (contract.tool === 'fs::write') return write(action, path, given.value);
    return read(contract, path);
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

async function read({ tool, limits }: RuntimeToolContract, path: string): Promise<Outcome> {
  try {
    const output = tool === 'fs::list' ? await namesIn(path) : await textOf(path, limits);
    if (typeof output === 'object' && 'why' in output) return failed(output.why);
    const postconditions = [{ name: 'output_present', satisfied: true }];
    return { kind: 'completed', output, reportedError: false, postconditions };
  } catch (fault) {
    return failed(whyOf(fault));
  }
}

type NotRead = { readonly why: string };

async function textOf(
  path: string,
  { output_bytes: most }: RuntimeToolContract['limits'],
): Promise<string | NotRead> {
  const file = await open(path, READ);
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

async function namesIn(path: string): Promise<readonly string[] | NotRead> {
  const names = await readdir(path);
  if (names.length > MOST_NAMES) return { why: `it holds more than ${MOST_NAMES} names` };
  return names.map((name) => name.toWellFormed()).sort();
}

/** Whole or not at all: written beside its place, then renamed into it. */
async function write(action: SealedAction, path: string, given: JsonObject): Promise<Outcome> {
  const { contract, request, committedHash } = action;
  const draft = join(dirname(path), `.ioi-${committedHash.slice('sha256:'.length, 23)}`);
  try {
    const mode = await modeOf(path);
    const file = await open(draft, WRITE, 0o666);
    try {
      await file.writeFile(String(given['content']));
      if (mode !== undefined) await file.chmod(mode);
    } finally {
      await file.close();
    }
  } catch (fault) {
    await rm(draft, { force: true }).catch(() => {});
    return failed(whyOf(fault));
  }
  try {
    await rename(draft, path);
  } catch (fault) {
    await rm(draft, { force: true }).catch(() => {});
    return failed(whyOf(fault));
  }
  const after = await observe(rolesOf(contract, request.params));
  const about = { contract, request, given, after };
  const postconditions = checkPostconditions({ ...about, hasOutput: false });
  return { kind: 'completed', output: null, reportedError: false, postconditions };
}

/** Of the file that stands there; a program stays one. */
async function modeOf(path: string): Promise<number | undefined> {
  const stat = await lstat(path).catch(() => undefined);
  return stat?.isFile() ? stat.mode & 0o777 : undefined;
}

function whyOf(fault: unknown): string {
  const { code, message } = fault as NodeJS.ErrnoException;
  return `${code ?? message}`.toWellFormed();
}

function failed(reason: string): Outcome {
  return { kind: 'failed_before_effect', reason };
}
