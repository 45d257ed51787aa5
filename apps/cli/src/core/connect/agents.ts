import type { ServersFile } from './edit-servers.ts';

/** Folders of the person whose agents they are. */
export type Places = {
  readonly home: string;
  /** `XDG_CONFIG_HOME`, or what stands for it on this system. */
  readonly config: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
};

/** How an agent starts the node: by this command. */
export type NodeCommand = {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
};

/** An agent people run, and where it keeps its MCP servers. */
export type Agent = ServersFile & {
  readonly id: string;
  readonly title: string;
  /** Commands that start it. */
  readonly programs: readonly string[];
  /** The first that is there counts; else the first is made. */
  readonly files: (places: Places) => readonly string[];
  readonly entry: (node: NodeCommand) => object;
};

const plain = ({ command, args, env }: NodeCommand): object => ({ command, args, env });
const stdio = (node: NodeCommand): object => ({ type: 'stdio', ...plain(node) });
const mcpServers = { format: 'json', table: 'mcpServers' } as const;

export const AGENTS: readonly Agent[] = [
  {
    ...mcpServers,
    id: 'claude-code',
    title: 'Claude Code',
    programs: ['claude'],
    files: ({ home, environment }) => [`${environment['CLAUDE_CONFIG_DIR'] ?? home}/.claude.json`],
    entry: stdio,
  },
  {
    id: 'codex',
    title: 'Codex',
    programs: ['codex'],
    format: 'toml',
    table: 'mcp_servers',
    files: ({ home, environment }) => [
      `${environment['CODEX_HOME'] ?? `${home}/.codex`}/config.toml`,
    ],
    entry: plain,
  },
  {
    ...mcpServers,
    id: 'gemini-cli',
    title: 'Gemini CLI',
    programs: ['gemini'],
    files: ({ home }) => [`${home}/.gemini/settings.json`],
    entry: plain,
  },
  {
    id: 'opencode',
    title: 'opencode',
    programs: ['opencode'],
    format: 'json',
    table: 'mcp',
    files: ({ config }) => [
      `${config}/opencode/opencode.json`,
      `${config}/opencode/opencode.jsonc`,
    ],
    entry: ({ command, args, env }) => {
      return { type: 'local', command: [command, ...args], environment: env, enabled: true };
    },
  },
  {
    ...mcpServers,
    id: 'cursor',
    title: 'Cursor',
    programs: ['cursor', 'cursor-agent'],
    files: ({ home }) => [`${home}/.cursor/mcp.json`],
    entry: plain,
  },
  {
    id: 'vscode',
    title: 'Visual Studio Code',
    programs: ['code'],
    format: 'json',
    table: 'servers',
    files: ({ config }) => [`${config}/Code/User/mcp.json`],
    entry: stdio,
  },
  {
    ...mcpServers,
    id: 'claude-desktop',
    title: 'Claude Desktop',
    programs: [],
    files: ({ config }) => [`${config}/Claude/claude_desktop_config.json`],
    entry: plain,
  },
  {
    ...mcpServers,
    id: 'windsurf',
    title: 'Windsurf',
    programs: ['windsurf'],
    files: ({ home }) => [`${home}/.codeium/windsurf/mcp_config.json`],
    entry: plain,
  },
];

/** Under which name the node stands among an agent's servers. */
export const NODE_NAME = 'ioi';

/** Whether an entry of an agent starts this node, or one: by the last word of its command. */
export function startsNode(entry: unknown, home: string): boolean {
  if (typeof entry !== 'object' || entry === null) return false;
  const { command, args, env, environment } = entry as Readonly<Record<string, unknown>>;
  const words = [command, args ?? []].flat();
  const { IOI_HOME: named } = (env ?? environment ?? {}) as { IOI_HOME?: unknown };
  return words.at(-1) === 'mcp' && named === home;
}
