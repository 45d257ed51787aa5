import { enableCompileCache } from 'node:module';
import type { ExitName } from './core/exit-codes.ts';
import type { CommandFault } from './shell/fault.ts';
import { readVersion } from './shell/installation.ts';

/**
 * The `ioi` command. One command per process: parse, load what that command needs, run it, and
 * end with a documented exit code. Faults are caught here, once, and told in one sentence.
 */
async function main(args: readonly string[]): Promise<void> {
  const [first = ''] = args;
  if (args.length === 1 && (first === '--version' || first === '-V')) {
    process.stdout.write(`${readVersion()}\n`);
    return;
  }
  await rememberCompiled();
  // An agent waits for it before each command, so it loads nothing else.
  if (first === 'hook') {
    const { answerHook } = await import('./hook/answer-hook.ts');
    if (await answerHook(args.slice(1))) return;
  }
  const { endQuietlyOnClosedPipe } = await import('./shell/output.ts');
  endQuietlyOnClosedPipe();
  try {
    await run(args);
  } catch (fault) {
    await tell(fault, args);
  }
}

/**
 * Compiled code is kept in the node's own folder, and nowhere when there is none, or others write
 * there: what one account compiled, another would run.
 */
async function rememberCompiled(): Promise<void> {
  const { findHome, isInitialised } = await import('./shell/home.ts');
  try {
    const home = findHome(process.env);
    const { readDedicated } = await import('./shell/dedicated.ts');
    if (!isInitialised(home) || readDedicated(home.folder) !== undefined) return;
    enableCompileCache(home.cache);
  } catch {
    // Without a home folder the command itself says what is missing.
  }
}

async function run(args: readonly string[]): Promise<void> {
  const { exitCode } = await import('./core/exit-codes.ts');
  const { buildProgram } = await import('./program.ts');
  const { parseProgram } = await import('./shell/parse.ts');
  const onEnd = (exit: ExitName | undefined): void => {
    process.exitCode = exit === undefined ? 0 : exitCode(exit);
  };
  await parseProgram(buildProgram(onEnd), args);
}

async function tell(thrown: unknown, args: readonly string[]): Promise<void> {
  const { CommandFault, messageOf } = await import('./shell/fault.ts');
  const { Output } = await import('./shell/output.ts');
  const fault: CommandFault =
    thrown instanceof CommandFault
      ? thrown
      : ((await closedHome(thrown)) ??
        new CommandFault({
          exit: 'unexpected',
          code: 'cli.fault',
          message: messageOf(thrown),
          ...(process.env['IOI_DEBUG'] === undefined ? {} : { lines: stackOf(thrown) }),
        }));
  new Output({ json: args.includes('--json') }, process.env).fault(fault);
  process.exitCode = fault.exitCode;
}

/** What is closed to this account in the folder of a node that has accounts of its own. */
async function closedHome(thrown: unknown): Promise<CommandFault | undefined> {
  const { findHome } = await import('./shell/home.ts');
  const { dedicatedFault, dedicatedPath } = await import('./shell/dedicated.ts');
  try {
    const { folder } = findHome(process.env);
    const { existsSync } = await import('node:fs');
    return existsSync(dedicatedPath(folder)) ? dedicatedFault(folder, thrown) : undefined;
  } catch {
    return undefined;
  }
}

function stackOf(thrown: unknown): string[] {
  return thrown instanceof Error ? (thrown.stack ?? '').split('\n') : [];
}

await main(process.argv.slice(2));
