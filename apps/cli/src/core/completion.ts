/** One command for a completion script: its words, options and a line about it. */
export type CommandShape = {
  readonly name: string;
  readonly about: string;
  readonly options: readonly string[];
  readonly subcommands: readonly CommandShape[];
};

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** A script to source, made from the commands themselves. Names hold no shell syntax. */
export function completionScript(shell: Shell, program: CommandShape): string {
  switch (shell) {
    case 'bash':
      return bashScript(program);
    case 'zsh':
      return `#compdef ioi\nautoload -Uz bashcompinit && bashcompinit\n${bashScript(program)}`;
    case 'fish':
      return fishScript(program);
  }
}

function words(command: CommandShape): string {
  return [...command.subcommands.map(({ name }) => name), ...command.options].join(' ');
}

function bashScript(program: CommandShape): string {
  const cases = program.subcommands.flatMap((command) => [
    ...command.subcommands.map(
      (sub) => `    "${command.name} ${sub.name}") words="${words(sub)}" ;;`,
    ),
    `    "${command.name} "*) words="${words(command)}" ;;`,
  ]);
  return `_ioi() {
  local words first="" second="" current="\${COMP_WORDS[COMP_CWORD]}"
  [ "$COMP_CWORD" -gt 1 ] && first="\${COMP_WORDS[1]}"
  [ "$COMP_CWORD" -gt 2 ] && second="\${COMP_WORDS[2]}"
  case "$first $second" in
${cases.join('\n')}
    *) words="${words(program)}" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [ \${#COMPREPLY[@]} -eq 0 ]; then COMPREPLY=($(compgen -f -- "$current")); fi
}
complete -o filenames -F _ioi ioi
`;
}

function fishScript(program: CommandShape): string {
  const lines = program.subcommands.flatMap((command) => [
    fishLine('__fish_use_subcommand', `-a ${command.name}`, command.about),
    ...command.options.map((option) =>
      fishLine(`__fish_seen_subcommand_from ${command.name}`, fishOption(option), ''),
    ),
    ...command.subcommands.map((sub) =>
      fishLine(`__fish_seen_subcommand_from ${command.name}`, `-a ${sub.name}`, sub.about),
    ),
  ]);
  return `${lines.join('\n')}\n`;
}

function fishLine(condition: string, what: string, about: string): string {
  const said = about === '' ? '' : ` -d '${about.replaceAll(/['\\]/g, '\\$&')}'`;
  return `complete -c ioi -n '${condition}' ${what}${said}`;
}

function fishOption(option: string): string {
  return option.startsWith('--') ? `-l ${option.slice(2)}` : `-s ${option.slice(1)}`;
}
