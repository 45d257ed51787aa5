import { createHash } from 'node:crypto';
import { realpathSync, writeSync } from 'node:fs';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { type AgentHooks, hooksOf } from '../core/hook/agent-hooks.ts';
import { type HookCall, hookCallIn, type ToldEnd } from '../core/hook/hook-call.ts';
import {
  type NodeWord,
  nodeAway,
  refusal,
  refusedBy,
  tooLate,
  unrecorded,
  wordIn,
} from '../core/hook/hook-words.ts';
import { findHome, findSockets } from '../shell/home.ts';

/** The only end of a hook that agents take as a no. */
const REFUSED = 2;
const FAILED = 1;
const PATIENCE_S = 300;
/** Of what an agent tells; and of a command, which is told on in one line. */
const MOST_BYTES = 8_388_608;
const MOST_COMMAND = 262_144;
/** Of each output, that is told on; the rest is counted and hashed. */
const MOST_TOLD = 65_536;

/** How far it came. */
type State = {
  /** It is of an act that was done. */
  isOver: boolean;
  isWaiting: boolean;
};

/**
 * `ioi hook AGENT`: an agent's own hook. Loads little, since it is started for each command. Ends
 * with 0, saying nothing, where the act was let through; with 2 and the reason in every other case.
 * Gives false where the command line is no hook's.
 */
export async function answerHook(args: readonly string[]): Promise<boolean> {
  const asked = argumentsIn(args);
  if (asked === undefined) return false;
  const { hooks, patience } = asked;
  const late = Promise.withResolvers<never>();
  const state: State = { isOver: false, isWaiting: false };
  const timeout = (): void => late.reject(new Error(tooLate(state.isWaiting, patience)));
  setTimeout(timeout, patience * 1000);
  const why = await Promise.race([verdict(hooks, state), late.promise]).catch(messageOf);
  if (why === undefined) process.exit(0);
  // What was done is not undone by a no, which would only hide from the agent how it ended.
  say(state.isOver ? unrecorded(why) : refusal(why));
  process.exit(state.isOver ? FAILED : REFUSED);
}

/** `AGENT [--patience SECONDS]` */
function argumentsIn([agent, option, seconds, ...more]: readonly string[]) {
  const hooks = hooksOf(agent);
  const patience = option === undefined ? PATIENCE_S : Number(seconds);
  const isOption = option === undefined || option === '--patience';
  const isWhole = Number.isInteger(patience) && patience > 0 && patience <= 3600;
  return hooks && isOption && isWhole && more.length === 0 ? { hooks, patience } : undefined;
}

function messageOf(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault);
}

function say(text: string): void {
  try {
    writeSync(2, text);
  } catch {
    // Nobody reads it: the exit code is left.
  }
}

/** Why it is not to be, or undefined. */
async function verdict(hooks: AgentHooks, state: State): Promise<string | undefined> {
  const call = hookCallIn(hooks, await readInput());
  if (!call.ok) return call.error;
  state.isOver = call.value.when === 'after';
  const { agent } = hooks;
  const { when, ...about } = call.value;
  const question = { [when]: { agent, ...lineOf(call.value, about) } };
  for await (const word of answers(question)) {
    if (word === undefined) return nodeAway('it said nothing that is known');
    if ('waits' in word) state.isWaiting = true;
    else if (word.kind === 'refused') return refusedBy(word);
    else if (word.kind === 'unknown') return 'the node does not know what this is the end of';
    else return undefined;
  }
  return nodeAway('it went away');
}

function lineOf(call: HookCall, about: object): object {
  if (call.when === 'after') {
    const { session, call: id, end } = call;
    return { session, call: id, ...endToTell(end) };
  }
  if (call.command.length > MOST_COMMAND) throw new Error('the command is too long to decide on');
  // As the node reads it, so that both mean the same folder.
  return { ...about, cwd: realpathSync(call.cwd) };
}

function endToTell(end: ToldEnd): object {
  if ('unknown' in end) return end;
  const { stdout, stderr, ...code } = end;
  return { ended: { ...code, stdout: streamOf(stdout), stderr: streamOf(stderr) } };
}

function streamOf(text: string): object {
  const bytes = Buffer.from(text);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { bytes: bytes.length, sha256, text: text.slice(0, MOST_TOLD).toWellFormed() };
}

async function readInput(): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new Error('what the agent told its hook is too large');
    chunks.push(chunk);
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
}

async function* answers(question: object): AsyncGenerator<NodeWord | undefined> {
  const socket = connect(findSockets(findHome(process.env)).hooks);
  const broken = new Promise<never>((_, reject) => {
    socket.on('error', ({ message }) => reject(new Error(nodeAway(message))));
  });
  broken.catch(() => {});
  socket.write(`${JSON.stringify(question)}\n`);
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  for (;;) {
    const { done, value } = await Promise.race([lines.next(), broken]);
    if (done) return;
    yield wordIn(value);
  }
}
