import type { Command as Program } from 'commander';
import { type CommandShape, completionScript, shells } from '../core/completion.ts';
import { buildProgram } from '../program.ts';
import type { Command } from '../shell/context.ts';
import { usageFault } from '../shell/fault.ts';

/** `ioi completion bash|zsh|fish` */
export const completion: Command = async ({ output }, [name = '']) => {
  const shell = shells.find((each) => each === name);
  if (shell === undefined) {
    throw usageFault(`there is no completion for ${name}`, `ioi completion ${shells.join('|')}`);
  }
  output.raw(completionScript(shell, shapeOf(buildProgram(() => {}))));
  return undefined;
};

function shapeOf(program: Program): CommandShape {
  return {
    name: program.name(),
    about: program.description(),
    options: program.options.flatMap(({ long }) =>
      long === undefined || long === null ? [] : [long],
    ),
    subcommands: program.commands.map(shapeOf),
  };
}
