import { err, ok, type Result } from '@ioi/basis';
import type { Json } from '@ioi/canon';
import { isObject } from '@ioi/jsonrpc';
import { isListenContract, MOST_OUTPUT_BYTES } from '@ioi/law';
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

/** What the shell that asked is told to do, in the midst of the act. */
const RUN_COMMAND = 'shell/run';
/** What whoever holds a port is told. */
const OPEN_PORT = 'port/open';
/** Of what it then says, by the code of its error: nothing was started. */
export const NOT_STARTED_CODE = 1;

/** The folder of a session; undefined of one that is over. */
export type FolderOf = (sessionId: string | undefined) => string | undefined;

/** Has the shell that asked do what was sealed, and nothing else: it stands in its sandbox. */
export function commandDriver(folderOf: FolderOf): Driver {
  return new CommandDriver(folderOf);
}

class CommandDriver implements Driver {
  readonly name = 'shell';
  readonly #folderOf: FolderOf;

  constructor(folderOf: FolderOf) {
    this.#folderOf = folderOf;
  }

  async gather(
    contract: RuntimeToolContract,
    { context }: ActionRequest,
  ): Promise<Result<ActionFacts, Rejection>> {
    // A port is of the machine, and stands in no folder.
    if (isListenContract(contract)) return ok({});
    const folder = this.#folderOf(context.session_id);
    if (folder !== undefined) return ok({ workspace_root: folder });
    return err({ code: 'id.unknown', message: 'the program that asked is over' });
  }

  async perform(action: SealedAction, _edge: Edge, options: PerformOptions): Promise<Outcome> {
    const { params } = action.request;
    if (options.signal.aborted) return notStarted('cancelled');
    if (options.ask === undefined) return notStarted('whoever asked is gone');
    if (isListenContract(action.contract)) {
      return opened((params as { readonly port: Json }).port, options.ask);
    }
    const { command, cwd } = params as { readonly command: Json; readonly cwd: Json };
    const answers = await options.ask({ run: { method: RUN_COMMAND, params: { command, cwd } } });
    const answer = answers['run'];
    if (answer === undefined) return { kind: 'effect_unknown', reason: 'its shell said nothing' };
    if (answer.kind === 'error') {
      const { code, message } = answer.error;
      if (code === NOT_STARTED_CODE) return notStarted(message);
      return { kind: 'effect_unknown', reason: message.toWellFormed() };
    }
    const output = outputIn(answer.result);
    if (output === undefined) return { kind: 'effect_unknown', reason: 'its shell told no end' };
    return {
      kind: 'completed',
      output,
      reportedError: output.exit_code !== undefined && output.exit_code !== 0,
      postconditions: [{ name: 'output_present', satisfied: true }],
    };
  }

  async reconcile(): Promise<Reconciliation> {
    return { kind: 'unknown', reason: 'how far its shell came is not known' };
  }
}

/** Whoever asked holds the port, and lets nobody in before this. */
async function opened(port: Json, ask: NonNullable<PerformOptions['ask']>): Promise<Outcome> {
  const answers = await ask({ opened: { method: OPEN_PORT, params: { port } } });
  if (answers['opened']?.kind !== 'result') return notStarted('whoever asked is gone');
  const postconditions = [{ name: 'output_present', satisfied: true }] as const;
  return { kind: 'completed', output: { port }, reportedError: false, postconditions };
}

/** By the word of whoever had it done. Absent `exit_code`: it was not told. */
type CommandOutput = {
  readonly exit_code?: number;
  readonly stdout: Stream;
  readonly stderr: Stream;
};

/** Absent `sha256`: it went to a terminal. */
type Stream = { readonly bytes: number; readonly sha256?: string; readonly text: string };

const DIGEST = /^[0-9a-f]{64}$/;

function outputIn(told: Json): CommandOutput | undefined {
  if (!isObject(told)) return undefined;
  const { exit_code: code } = told;
  const [stdout, stderr] = [streamIn(told['stdout']), streamIn(told['stderr'])];
  if (stdout === undefined || stderr === undefined) return undefined;
  if (code === undefined) return { stdout, stderr };
  const isCode = typeof code === 'number' && Number.isInteger(code) && code >= 0 && code < 256;
  return isCode ? { exit_code: code, stdout, stderr } : undefined;
}

function streamIn(told: unknown): Stream | undefined {
  const { bytes, sha256, text } = Object(told) as Record<string, unknown>;
  if (typeof bytes !== 'number' || !Number.isSafeInteger(bytes) || bytes < 0) return undefined;
  if (typeof text !== 'string' || text.length > MOST_OUTPUT_BYTES) return undefined;
  const isHashed = typeof sha256 === 'string' && DIGEST.test(sha256);
  if (sha256 !== undefined && !isHashed) return undefined;
  return { bytes, text: text.toWellFormed(), ...(isHashed ? { sha256 } : {}) };
}

function notStarted(reason: string): Outcome {
  return { kind: 'failed_before_effect', reason: reason.toWellFormed() };
}
