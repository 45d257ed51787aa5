import type { Places } from '../connect/agents.ts';

/** How one agent asks by a hook of its own before its shell does something, and tells it after. */
export type AgentHooks = {
  /** As `ioi connect` names it. */
  readonly agent: string;
  /** Where it keeps them: in tables of events below `hooks`, of a file of JSON. */
  readonly file: (places: Places) => string;
  readonly before: string;
  readonly after: readonly string[];
  /** What it calls its shell. */
  readonly tool: string;
  /** A pattern for that name alone, where it reads patterns. */
  readonly matcher: string;
  /** Of a second, in which it counts how long a hook may take. */
  readonly ticks: 1 | 1000;
  /** Whether it names each call, so that its end can be told apart from that of another like it. */
  readonly namesCalls: boolean;
  /** What it tells its shell beside the text, and that names nothing else to be done. */
  readonly aside: readonly string[];
  /** Where its shell is told another folder than the agent is in. */
  readonly folder?: string;
  /** What a person has to do before it is asked at all. */
  readonly trust?: string;
};

const CLAUDE_CODE: AgentHooks = {
  agent: 'claude-code',
  file: ({ home, environment }) =>
    `${environment['CLAUDE_CONFIG_DIR'] ?? `${home}/.claude`}/settings.json`,
  before: 'PreToolUse',
  after: ['PostToolUse', 'PostToolUseFailure'],
  tool: 'Bash',
  matcher: 'Bash',
  ticks: 1,
  namesCalls: true,
  aside: ['description'],
};

const CODEX: AgentHooks = {
  agent: 'codex',
  file: ({ home, environment }) => `${environment['CODEX_HOME'] ?? `${home}/.codex`}/hooks.json`,
  before: 'PreToolUse',
  after: ['PostToolUse'],
  tool: 'Bash',
  matcher: '^Bash$',
  ticks: 1,
  namesCalls: true,
  aside: [],
  trust: 'it leaves out, in silence, hooks that you have not trusted: type /hooks in it',
};

const GEMINI_CLI: AgentHooks = {
  agent: 'gemini-cli',
  file: ({ home }) => `${home}/.gemini/settings.json`,
  before: 'BeforeTool',
  after: ['AfterTool'],
  tool: 'run_shell_command',
  matcher: '^run_shell_command$',
  ticks: 1000,
  namesCalls: false,
  aside: ['description', 'additional_permissions'],
  folder: 'dir_path',
};

/** Of other agents it is not known how they are asked. */
export const AGENT_HOOKS: readonly AgentHooks[] = [CLAUDE_CODE, CODEX, GEMINI_CLI];

export function hooksOf(agent: string | undefined): AgentHooks | undefined {
  return AGENT_HOOKS.find((each) => each.agent === agent);
}
