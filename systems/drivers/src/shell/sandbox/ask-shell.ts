import { spawn } from 'node:child_process';
import { createHash, type Hash } from 'node:crypto';
import { connect } from 'node:net';
import { constants } from 'node:os';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { isatty } from 'node:tty';
import { commandOfShell, scriptAt } from '../../core/sandbox/shell-words.ts';

const NOT_DONE = 126;
/** Of each output, that is told; the rest is counted and hashed. */
const MOST_TOLD = 65_536;
/** Where what it started holds its outputs open. */
const LAST_WORDS_MS = 500;

type Words = readonly string[];
type Run = { readonly command: string; readonly cwd: string };

/** What comes out, handed on as it comes. */
class Told {
  readonly #hash: Hash = createHash('sha256');
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  take(chunk: Buffer): void {
    const room = Math.max(0, MOST_TOLD - this.#bytes);
    if (room > 0) this.#chunks.push(chunk.subarray(0, room));
    this.#bytes += chunk.length;
    this.#hash.update(chunk);
  }

  get words() {
    // A character that was cut, or is none, takes up more room than its bytes did.
    const text = Buffer.concat(this.#chunks).toString('utf8').slice(0, MOST_TOLD);
    return { bytes: this.#bytes, sha256: this.#hash.copy().digest('hex'), text };
  }
}

const NOTHING = { bytes: 0, text: '' };

/** As fast as whoever reads takes it; whoever reads no more is no more written to. */
function handOn(from: Readable | null, told: Told, to: Writable): void {
  // As a shell by itself, which is told by its own broken pipe.
  to.on('error', () => from?.destroy());
  from?.on('data', (chunk: Buffer) => {
    told.take(chunk);
    if (to.write(chunk)) return;
    from.pause();
    to.once('drain', () => from.resume());
  });
}

/** Gives the end of a shell, and hands on what it says; terminals are left to it. */
function perform(real: string, args: Words, cwd: string): Promise<object> {
  const isShown = [1, 2].map((stream) => isatty(stream));
  const [outs, errs] = isShown.map((each) => (each ? 'inherit' : 'pipe')) as ('inherit' | 'pipe')[];
  // A file that it would read first, and nobody was asked about.
  const env = { ...process.env, IOI_SHELL_SEEN: '1', BASH_ENV: undefined };
  const child = spawn(real, args, { cwd, env, stdio: ['inherit', outs, errs] });
  const [stdout, stderr] = [new Told(), new Told()];
  handOn(child.stdout, stdout, process.stdout);
  handOn(child.stderr, stderr, process.stderr);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) {
    process.on(signal, () => child.kill(signal));
  }
  return new Promise((resolve) => {
    child.on('error', ({ message }) => resolve({ not_started: message }));
    child.on('exit', (code, signal) => {
      const exit_code = code ?? 128 + constants.signals[signal ?? 'SIGKILL'];
      process.exitCode = exit_code;
      const tell = (): void => {
        const [shownOut, shownErr] = isShown;
        const out = shownOut ? NOTHING : stdout.words;
        const error = shownErr ? NOTHING : stderr.words;
        resolve({ ended: { exit_code, stdout: out, stderr: error } });
      };
      const late = setTimeout(tell, LAST_WORDS_MS);
      child.on('close', () => {
        clearTimeout(late);
        tell();
      });
    });
  });
}

/**
 * Stands in a sandbox where its shell would, and asks before that is started: at SOCKET, for REAL,
 * with what the shell was given. It makes acts of what agents do and no wall: that is the sandbox.
 */
function ask([socket = '', real = '', name = '', ...args]: Words): void {
  const at = scriptAt(args);
  const command = commandOfShell(name, args);
  const line = connect(socket, () => line.write(`${JSON.stringify(asked)}\n`));
  const asked = { command, cwd: process.cwd() };
  let isOver = false;
  const end = (message: string): void => {
    if (!isOver) process.stderr.write(`ioi: ${message}\n`);
    if (!isOver) process.exitCode = NOT_DONE;
    isOver = true;
  };
  line.on('error', () => end('not done: the node does not answer'));
  line.on('close', () => end('not done: the node went away'));
  const run = async (wanted: Run): Promise<void> => {
    const isOther = wanted.command !== command;
    if (isOther && at === undefined) {
      line.write(`${JSON.stringify({ not_started: 'only a text can be another' })}\n`);
      return;
    }
    const own = isOther ? args.map((word, nth) => (nth === at ? wanted.command : word)) : args;
    isOver = true;
    const told = await perform(real, own, wanted.cwd);
    line.write(`${JSON.stringify(told)}\n`);
  };
  createInterface({ input: line }).on('line', (said) => {
    const told = JSON.parse(said);
    if (told.waits) {
      process.stderr.write(`ioi: it waits for a person: ioi approve ${told.waits}\n`);
    }
    if (told.run) void run(told.run);
    if (told.kind === 'refused') {
      const why = [told.code, told.rule_id, told.receipt_id].filter(Boolean).join(', ');
      end(`not done: ${told.title} (${why})`);
    }
    if (told.kind) isOver = true;
  });
}

ask(process.argv.slice(2));
