import { CommanderError, type Command as Program } from 'commander';
import { exits } from '../core/exit-codes.ts';
import { CommandFault } from './fault.ts';
import { readVersion } from './installation.ts';

/** Parses and runs; help and version end well, everything not understood is a usage fault. */
export async function parseProgram(program: Program, args: readonly string[]): Promise<void> {
  if (args.join(' ') === 'help exit-codes') return printExitCodes();
  for (const command of withSubcommands(program)) {
    command.exitOverride().configureOutput({ outputError: () => {} });
  }
  program.on('option:version', () => {
    process.stdout.write(`${readVersion()}\n`);
    throw new CommanderError(0, 'commander.version', readVersion());
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (fault) {
    if (!(fault instanceof CommanderError)) throw fault;
    if (fault.exitCode !== 0) throw misunderstood(fault, args);
  }
}

function withSubcommands(program: Program): Program[] {
  return [program, ...program.commands.flatMap(withSubcommands)];
}

function misunderstood({ code, message }: CommanderError, args: readonly string[]): CommandFault {
  // Without a command the help itself was the answer, on standard error.
  const isBare = code === 'commander.help';
  const said = message.replace(/^error: /, '').replaceAll(/\s*\n\s*/g, ' ');
  const known = args.find((each) => /^[a-z]+$/.test(each));
  return new CommandFault({
    exit: 'usage',
    code: 'usage.invalid',
    message: isBare ? 'say which command to run' : said,
    next: known === undefined || isBare ? 'ioi --help' : `ioi ${known} --help`,
  });
}

function printExitCodes(): void {
  const lines = exits.map(({ code, name, meaning }) => {
    return `${String(code).padStart(3)}  ${name.padEnd(12)}${meaning}\n`;
  });
  process.stdout.write(lines.join(''));
}
