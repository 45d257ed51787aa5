import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { DemoNode } from '../demo/stage.ts';
import { entries, installedCode } from '../shell/installation.ts';
import { type FoundAgent, furnish } from './place-agent.ts';

/** Of this machine; agents leave proxies out for 127.0.0.1 alone. */
export const MODEL_ADDRESS = '127.0.0.2';
/** That lets agents speak with their model, and nothing more. */
export const MODEL_RULE = {
  rule_id: 'probe_model',
  target: 'net::http::post',
  conditions: { allow_domains: [MODEL_ADDRESS] },
  action: 'ALLOW',
};
/** What an agent is told; its model does not read it. */
export const PROMPT = 'Do what is to be done.';
/** As `ioi run` shows it to programs. */
const SOCKET_INSIDE = '/run/ioi-mcp.sock';
const LONGEST_MS = 150_000;

/** Where agents are probed. */
export type ProbeBed = {
  readonly node: DemoNode;
  /** Ends what runs. */
  readonly signal: AbortSignal;
};

/** How an agent is started there. */
export type AgentStart = {
  /** Whose kept home it has. */
  readonly as: string;
  readonly hosts: readonly string[];
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
};

/** The home it will have, with its settings in it; `as` is its own name unless given. */
export function furnished(
  { node: { home } }: ProbeBed,
  { agent }: FoundAgent,
  settings: string,
  as: string = agent.id,
): string {
  const folder = join(home.folder, 'agents', as);
  const args = ['--disable-warning=ExperimentalWarning', entries.main, 'mcp'];
  const node = { command: process.execPath, args, env: { IOI_MCP_SOCKET: SOCKET_INSIDE } };
  furnish(agent, settings, folder, node);
  return folder;
}

/** Runs it to its end, or until it took too long; its last words. */
export async function startAgent(
  { node: { home, sample }, signal }: ProbeBed,
  { program }: FoundAgent,
  { as, hosts, args, env }: AgentStart,
): Promise<readonly string[]> {
  const bin = dirname(process.execPath);
  const path = [bin, '/usr/bin', '/bin'].join(delimiter);
  // It goes with the node, whatever the end of the agent leaves there.
  const temporary = join(sample.root, 'temporary');
  mkdirSync(temporary, { recursive: true });
  const shown = [...installedCode(), bin].flatMap((each) => ['--read', each]);
  const child = spawn(
    process.execPath,
    [
      ...[entries.main, 'run', '--json', '--as', as],
      ...hosts.flatMap((host) => ['--host', host]),
      ...Object.keys(env).flatMap((name) => ['--env', name]),
      ...[...shown, '--', program, ...args],
    ],
    {
      cwd: sample.workspace,
      env: { PATH: path, TMPDIR: temporary, IOI_HOME: home.folder, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LONGEST_MS,
      signal,
    },
  );
  // Called off, or not to be started: what it said is nothing.
  child.on('error', () => {});
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '');
  return lines.filter((line) => !line.startsWith('{"run":')).slice(-8);
}
