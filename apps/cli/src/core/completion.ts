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

/** Every command below another, the deepest first, each with the words that lead to it. */
function nested(command: CommandShape, path: readonly string[] = []): [string[], CommandShape][] {
  return command.subcommands.flatMap((sub) => {
    const words = [...path, sub.name];
    return [...nested(sub, words), [words, sub] satisfies [string[], CommandShape]];
  });
}

function bashScript(program: CommandShape): string {
  const cases = nested(program).map(
    ([path, command]) => `    "${path.join(' ')} "*) words="${words(command)}" ;;`,
  );
  return `_ioi() {
  local words at line="" current="\${COMP_WORDS[COMP_CWORD]}"
  for ((at = 1; at < COMP_CWORD; at++)); do line="$line\${COMP_WORDS[at]} "; done
  case "$line" in
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
  const lines = nested(program)
    .reverse()
    .flatMap(([path, { name, about, options }]) => [
      fishLine(fishCondition(path.slice(0, -1)), `-a ${name}`, about),
      ...options.map((option) => fishLine(fishCondition(path), fishOption(option), '')),
    ]);
  return `${lines.join('\n')}\n`;
}

/** True where all of these words stand already. */
function fishCondition(path: readonly string[]): string {
  if (path.length === 0) return '__fish_use_subcommand';
  return path.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ');
}

function fishLine(condition: string, what: string, about: string): string {
  const said = about === '' ? '' : ` -d '${about.replaceAll(/['\\]/g, '\\$&')}'`;
  return `complete -c ioi -n '${condition}' ${what}${said}`;
}

function fishOption(option: string): string {
  return option.startsWith('--') ? `-l ${option.slice(2)}` : `-s ${option.slice(1)}`;
}
