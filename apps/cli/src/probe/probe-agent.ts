import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EntryLine } from '@ioi/law';
import { quoted } from '../core/next-steps.ts';
import type { ProbeRow } from '../core/probe/probe-view.ts';
import {
  type Canaries,
  type CanaryStanding,
  judge,
  stateOf,
  stepsFor,
} from '../core/probe/verdict.ts';
import type { DemoNode } from '../demo/stage.ts';
import { ModelServer } from '../shell/model-server.ts';
import { CanaryListener } from './canary-listener.ts';
import { entriesAfter } from './entries-after.ts';
import type { FoundAgent } from './place-agent.ts';
import { furnished, MODEL_ADDRESS, PROMPT, type ProbeBed, startAgent } from './start-agent.ts';

const CANARY_ADDRESS = '127.0.0.3';

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
  const told = { url: `http://${model.host}`, prompt: PROMPT };
  furnished(bed, found, recipe.settings(told));
  const [args, env] = [recipe.args(told), recipe.env(told)];
  const said = await startAgent(bed, found, { as: agent.id, hosts, args, env });
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

/** All that was blocked since, as the node's log has it. */
async function blocksAfter({ daemon }: DemoNode, after: string): Promise<readonly EntryLine[]> {
  return (await entriesAfter(daemon, after)).filter(({ word }) => word === 'BLOCK');
}
