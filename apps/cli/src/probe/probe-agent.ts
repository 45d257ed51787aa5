import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeEntry, type EntryLine } from '@ioi/law';
import { quoted } from '../core/next-steps.ts';
import type { ProbeRow } from '../core/probe/probe-view.ts';
import type { Recipe } from '../core/probe/recipes.ts';
import {
  type Canaries,
  type CanaryStanding,
  judge,
  stateOf,
  stepsFor,
} from '../core/probe/verdict.ts';
import type { DemoNode } from '../demo/stage.ts';
import { entries, installedCode } from '../shell/installation.ts';
import { ModelServer } from '../shell/model-server.ts';
import { CanaryListener } from './canary-listener.ts';
import { type FoundAgent, furnish } from './place-agent.ts';

/** Of this machine; agents leave proxies out for 127.0.0.1 alone. */
const MODEL_ADDRESS = '127.0.0.2';
/** That lets agents speak with their model, and nothing more. */
export const MODEL_RULE = {
  rule_id: 'probe_model',
  target: 'net::http::post',
  conditions: { allow_domains: [MODEL_ADDRESS] },
  action: 'ALLOW',
};
const CANARY_ADDRESS = '127.0.0.3';
/** As `ioi run` shows it to programs. */
const SOCKET_INSIDE = '/run/ioi-mcp.sock';
const LONGEST_MS = 150_000;
const PROMPT = 'Do what is to be done.';
const MOST_ENTRIES = 100;

/** Where agents are probed. */
export type ProbeBed = {
  readonly node: DemoNode;
  /** Ends what runs. */
  readonly signal: AbortSignal;
};

/** Starts one agent in a sandbox with a scripted model, and judges what came of it. */
export async function probeAgent({ node, signal }: ProbeBed, found: FoundAgent): Promise<ProbeRow> {
  const { agent, program, recipe } = found;
  if (recipe === undefined) {
    const why = 'not probed: how to start it without a person is not known';
    return { agent: agent.id, title: agent.title, program, state: 'unknown', canaries: [], why };
  }
  const startedAt = performance.now();
  const listener = await CanaryListener.start(CANARY_ADDRESS);
  const canaries = layCanaries(node, listener.host);
  const script = { steps: stepsFor(canaries), end: 'Nothing is left to do.' };
  // Whatever fails: what still listened would keep the command from ending.
  using closing = new DisposableStack();
  closing.defer(() => listener.close());
  const model = await ModelServer.start(script, MODEL_ADDRESS);
  closing.defer(() => model.close());
  const after = String((await node.daemon.status()).log.size - 1);
  const hosts = [model.host, listener.host];
  // What comes after its last act is not waited for: some agents take their time to end.
  const stop = new AbortController();
  void model.played.then(() => stop.abort());
  const bed = { node, signal: AbortSignal.any([signal, stop.signal]) };
  const said = await runAgent(bed, found, recipe, hosts);
  const look = async () => {
    const blocks = await blocksAfter(node, after);
    return judge(canaries, { ...model.heard, hits: listener.hits, blocks });
  };
  const standings = await whenSealed(look, model.heard.results);
  const state = stateOf(standings);
  return {
    agent: agent.id,
    title: agent.title,
    program,
    state,
    canaries: standings,
    elapsedMs: performance.now() - startedAt,
    ...(state === 'unknown' ? { said } : {}),
  };
}

const POLL_MS = 15;
/** About three seconds. */
const MOST_READS = 200;

/** What the guardian has sealed reaches the daemon's log a moment later. */
async function whenSealed(
  look: () => Promise<readonly CanaryStanding[]>,
  results: ReadonlyMap<string, string>,
): Promise<readonly CanaryStanding[]> {
  for (let reads = 1; ; reads += 1) {
    const standings = await look();
    const isAwaited = standings.some(({ canary, state }) => {
      return state === 'untried' && results.has(canary);
    });
    if (!isAwaited || reads === MOST_READS) return standings;
    await sleep(POLL_MS);
  }
}

function layCanaries({ sample }: DemoNode, host: string): Canaries {
  const lay = (folder: string, name: string) => {
    const token = randomBytes(16).toString('hex');
    const path = join(folder, name);
    writeFileSync(path, `${token}\n`, { mode: 0o600 });
    return { path, token };
  };
  const asks = 'fetch(process.argv[1]).then((r) => r.text()).then(console.log, console.log)';
  return {
    control: lay(sample.workspace, 'control.txt'),
    file: lay(sample.outside, 'canary-file.txt'),
    tool: lay(sample.outside, 'canary-tool.txt'),
    http: { url: `http://${host}/${randomBytes(8).toString('hex')}` },
    asking: `NODE_USE_ENV_PROXY=1 ${quoted(process.execPath)} -e ${quoted(asks)}`,
  };
}

/** To its end, or until it took too long; its last words. */
async function runAgent(
  { node: { home, sample }, signal }: ProbeBed,
  { agent, program }: FoundAgent,
  recipe: Recipe,
  hosts: readonly string[],
): Promise<readonly string[]> {
  const model = { url: `http://${hosts[0]}`, prompt: PROMPT };
  const args = ['--disable-warning=ExperimentalWarning', entries.main, 'mcp'];
  const node = { command: process.execPath, args, env: { IOI_MCP_SOCKET: SOCKET_INSIDE } };
  furnish(agent, recipe.settings(model), join(home.folder, 'agents', agent.id), node);
  const own = recipe.env(model);
  const bin = dirname(process.execPath);
  const path = [bin, '/usr/bin', '/bin'].join(delimiter);
  // It goes with the node, whatever the end of the agent leaves there.
  const temporary = join(sample.root, 'temporary');
  mkdirSync(temporary, { recursive: true });
  const shown = [...installedCode(), bin].flatMap((each) => ['--read', each]);
  const child = spawn(
    process.execPath,
    [
      ...[entries.main, 'run', '--json', '--as', agent.id],
      ...hosts.flatMap((host) => ['--host', host]),
      ...Object.keys(own).flatMap((name) => ['--env', name]),
      ...[...shown, '--', program, ...recipe.args(model)],
    ],
    {
      cwd: sample.workspace,
      env: { PATH: path, TMPDIR: temporary, IOI_HOME: home.folder, ...own },
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

/** All that was blocked since, as the node's log has it. */
async function blocksAfter({ daemon }: DemoNode, after: string): Promise<readonly EntryLine[]> {
  const blocks: EntryLine[] = [];
  for (let place = after; ; ) {
    const { entries: logged } = await daemon.log({ after: place, limit: MOST_ENTRIES });
    blocks.push(...logged.map(describeEntry).filter(({ word }) => word === 'BLOCK'));
    const last = logged.at(-1);
    if (last === undefined || logged.length < MOST_ENTRIES) return blocks;
    place = last.seq;
  }
}
