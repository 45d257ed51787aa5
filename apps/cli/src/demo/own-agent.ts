import { quoted } from '../core/next-steps.ts';
import type { Home } from '../shell/home.ts';
import { commandText, entries } from '../shell/installation.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * How to put one's own agent behind a boundary: behind the demo's node while that serves,
 * otherwise behind one on a folder of one's own. IOI_HOME is always named, since clients start
 * their servers with an environment of their own making.
 */
export function ownAgentLines(environment: Environment, home: Home, isServing: boolean): string[] {
  const [command, ...args] = [process.execPath, entries.main, 'mcp'];
  const entry = { command, args, env: { IOI_HOME: home.folder } };
  const config = JSON.stringify({ mcpServers: { ioi: entry } }, null, 2);
  const words = [`IOI_HOME=${home.folder}`, '--', command, ...args].map((word) =>
    quoted(word ?? ''),
  );
  const activate = `policy activate ${quoted(home.policy)}`;
  const steps = ['init --workspace DIR', 'up --detach', activate];
  const own = steps.map((step) => `  ${commandText(environment, step)}`);
  return [
    ...(isServing
      ? ['Your own agent, behind this demo node:']
      : ['A lasting node, on a folder DIR of your own:', ...own, '']),
    'In the configuration of an MCP client (Claude Code, Cursor, Gemini CLI, …):',
    ...config.split('\n').map((line) => `  ${line}`),
    'or:',
    `  claude mcp add ioi -e ${words.join(' ')}`,
    'or, for the agents you have, shown before it is written:',
    `  ${commandText(environment, 'connect', isServing ? home.folder : undefined)}`,
  ];
}
