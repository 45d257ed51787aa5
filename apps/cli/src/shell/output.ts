import { writeSync } from 'node:fs';
import { type Paint, paintAnsi, paintNothing } from '../core/paint.ts';
import { visible } from '../core/visible.ts';
import type { CommandFault } from './fault.ts';

export type OutputOptions = {
  readonly json?: boolean;
  readonly plain?: boolean;
  /** False under `--no-input`. */
  readonly input?: boolean;
};

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a command speaks, in the form that was asked for. */
export class Output {
  readonly json: boolean;
  readonly plain: boolean;
  readonly paint: Paint;
  /** Whether a person can be asked. */
  readonly canAsk: boolean;

  constructor(options: OutputOptions, environment: Environment) {
    this.json = options.json === true;
    this.plain = options.plain === true;
    const noColour = (environment['NO_COLOR'] ?? '') !== '' || environment['TERM'] === 'dumb';
    const isPlain = this.json || this.plain || noColour || process.stdout.isTTY !== true;
    this.paint = isPlain ? paintNothing : paintAnsi;
    this.canAsk = options.input !== false && process.stdin.isTTY === true && !this.json;
  }

  /** For people or, under `--json`, for a program; the lines must be safe to print. */
  say(lines: readonly string[], value: unknown): void {
    this.#write(
      this.json ? `${JSON.stringify(value)}\n` : lines.map((line) => `${line}\n`).join(''),
    );
  }

  /** Text as it is: a checkpoint, a script. */
  raw(text: string): void {
    this.#write(text);
  }

  /** About the command itself, on standard error: never part of its result. */
  note(line: string): void {
    if (!this.json) process.stderr.write(`${line}\n`);
  }

  fault({ about }: CommandFault): void {
    const { code, message, next, lines = [], exit } = about;
    if (this.json) {
      const said = { error: { code, exit, message, ...(next === undefined ? {} : { next }) } };
      process.stderr.write(`${JSON.stringify(said)}\n`);
      return;
    }
    const body = [`ioi: ${visible(message)}`, ...lines.map((line) => `  │ ${visible(line)}`)];
    if (next !== undefined) body.push(`  next: ${visible(next)}`);
    process.stderr.write(`${body.join('\n')}\n`);
  }

  #write(text: string): void {
    process.stdout.write(text);
  }
}

/**
 * A reader that goes away, such as `head`, ends the command without a word. One that has a node to
 * stop is told as by anybody else, so that it leaves nothing behind.
 */
export function endQuietlyOnClosedPipe(): void {
  let isEnding = false;
  process.stdout.on('error', (fault: NodeJS.ErrnoException) => {
    if (isEnding) return;
    isEnding = true;
    if (fault.code !== 'EPIPE') {
      writeSync(2, `ioi: cannot write the output (${fault.code ?? fault.message})\n`);
      process.exitCode = 1;
    }
    if (process.listenerCount('SIGTERM') > 0) process.kill(process.pid, 'SIGTERM');
    else process.exit();
  });
}
