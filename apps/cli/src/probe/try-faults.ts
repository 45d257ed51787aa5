import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Step } from '../core/model-script/script.ts';
import { quoted } from '../core/next-steps.ts';
import {
  actText,
  editText,
  type FaultBed,
  type FaultName,
  type FaultStanding,
  fileOf,
  HOOK_PATIENCE_S,
  hookText,
  judgeFault,
} from '../core/probe/faults.ts';
import { HOOKINGS, type Hooked, type Hooking } from '../core/probe/hooks.ts';
import type { Recipe } from '../core/probe/recipes.ts';
import { isDemoRunning, stopDemoNode } from '../demo/stage.ts';
import { ModelServer } from '../shell/model-server.ts';
import { startDetached } from '../up/detach.ts';
import { CanaryListener } from './canary-listener.ts';
import { entriesAfter } from './entries-after.ts';
import type { FoundAgent } from './place-agent.ts';
import { furnished, MODEL_ADDRESS, PROMPT, type ProbeBed, startAgent } from './start-agent.ts';

const MODEL_URL = new RegExp(`http://${MODEL_ADDRESS}:[0-9]+`, 'g');
const LISTENER_ADDRESS = '127.0.0.4';
const LET_PATH = '/let';
/** One address is let through, so that there is something to have a receipt of. */
export const FAULT_RULE = {
  rule_id: 'probe_fault_let',
  target: 'net::fetch',
  conditions: { allow_domains: [LISTENER_ADDRESS], allow_methods: [`GET ${LET_PATH}`] },
  action: 'ALLOW',
};
/** A machine may be slow; the agent was to act within it. */
const LONGEST_MS = 150_000;
const POLL_MS = 25;
/** About five seconds: what the guardian sealed reaches the log a moment later. */
const MOST_READS = 200;

type Trying = {
  readonly bed: ProbeBed;
  readonly found: FoundAgent;
  readonly recipe: Recipe;
  readonly hooking: Hooking;
  readonly listener: CanaryListener;
};

/** One fault, or none, and where it is tried. */
type Try = { readonly fault: FaultName | undefined; readonly each: FaultBed };

/** The home of an agent that was started, what it told its model of the act, and its last words. */
type Played = {
  readonly home: string;
  readonly answer: string | undefined;
  readonly said: readonly string[];
};

/** Lets an agent act with each of these faults around it, and judges from outside what happened. */
export async function tryFaults(
  bed: ProbeBed,
  found: FoundAgent,
  faults: readonly FaultName[],
): Promise<readonly FaultStanding[]> {
  const { recipe } = found;
  const hooking = HOOKINGS[found.agent.id];
  const unknown = (why: string) => (fault: FaultName) => {
    return { fault, state: 'unknown', acts: [], why } as const;
  };
  if (recipe === undefined || hooking === undefined) {
    return faults.map(unknown('how its hooks are set is not known'));
  }
  const listener = await CanaryListener.start(LISTENER_ADDRESS);
  using closing = new DisposableStack();
  closing.defer(() => listener.close());
  const trying = { bed, found, recipe, hooking, listener };
  // A hook that is never asked would make every fault of it look survived.
  if (!(await isHookAsked(trying))) {
    return faults.map(unknown('its own hook is not asked where all is well'));
  }
  const standings: FaultStanding[] = [];
  for (const fault of faults) {
    if (bed.signal.aborted) break;
    standings.push(await tryFault(trying, fault));
  }
  return standings;
}

/** Where nothing is wrong its own hook stops the act. */
async function isHookAsked(trying: Trying): Promise<boolean> {
  const one = layOut(trying, undefined);
  await play(trying, one, [actStep(one)]);
  return existsSync(fileOf(one.each, 'hooked')) && !existsSync(fileOf(one.each, 'tried'));
}

async function tryFault(trying: Trying, fault: FaultName): Promise<FaultStanding> {
  const { bed, listener } = trying;
  const { node } = bed;
  const one = layOut(trying, fault);
  const { each } = one;
  const before = listener.paths.length;
  const strays = listener.hits - before;
  const after = String((await node.daemon.status()).log.size - 1);
  const { isInForce, said, answer } = await playFault(trying, one, fault);
  const reached = (): string[] => [
    ...listener.paths.slice(before).map((path) => `http://${listener.host}${path}`),
    // Whoever came and asked nothing has got out as well.
    ...(listener.hits - listener.paths.length > strays ? ['a connection'] : []),
  ];
  for (let reads = 1; ; reads += 1) {
    const standing = judgeFault(fault, each, {
      isInForce,
      isAnswered: answer !== undefined,
      isTried: existsSync(fileOf(each, 'tried')),
      isDone: existsSync(fileOf(each, 'done')),
      isRead: isLeaked(each),
      isMade: existsSync(each.made),
      reached: reached(),
      logged: await entriesAfter(node.daemon, after),
    });
    if (standing.state === 'held') return standing;
    if (reads === MOST_READS) return { ...standing, said };
    await sleep(POLL_MS);
  }
}

type FaultPlayed = Omit<Played, 'home'> & { readonly isInForce: boolean };

/** Gives whether the fault was there, and what the agent said last. */
async function playFault(trying: Trying, one: Try, fault: FaultName): Promise<FaultPlayed> {
  const { node } = trying.bed;
  const steps = [actStep(one)];
  if (fault === 'node-down') {
    const [played, isInForce] = await Promise.all([
      play(trying, one, steps),
      takeNodeAway(trying, one),
    ]);
    // Once more, from the beginning: without a node nothing is started.
    await play(trying, one, steps);
    await startDetached(node.home);
    return { ...played, isInForce };
  }
  if (fault !== 'config-edited') {
    const played = await play(trying, one, steps);
    const isHooked = existsSync(fileOf(one.each, 'hooked'));
    const isInForce = isHooked === (fault === 'hook-exits-1' || fault === 'hook-times-out');
    return { ...played, isInForce };
  }
  const { kept } = trying.hooking;
  const { home } = await play(trying, one, [
    { id: 'edit', kind: 'shell', command: editText(kept) },
  ]);
  const isInForce = kept.every((path) => readFileSync(join(home, path), 'utf8').includes('"true"'));
  return { ...(await play(trying, one, steps, home)), isInForce };
}

function layOut({ bed, found, listener }: Trying, fault: FaultName | undefined): Try {
  const { workspace, outside } = bed.node.sample;
  const id = `${found.agent.id}-${fault ?? 'none'}`;
  const token = randomBytes(16).toString('hex');
  const secret = { path: join(outside, `secret-${id}.txt`), token };
  writeFileSync(secret.path, `${token}\n`, { mode: 0o600 });
  const url = (path: string): string => `http://${listener.host}${path}`;
  const urls = { let: url(LET_PATH), denied: url(`/${randomBytes(8).toString('hex')}`) };
  const asks = 'fetch(process.argv[1]).then((r) => r.text()).then(console.log, console.log)';
  const asking = `${quoted(process.execPath)} -e ${quoted(asks)}`;
  const each = { workspace, id, secret, made: join(outside, `made-${id}.txt`), urls, asking };
  writeFileSync(fileOf(each, 'act'), actText(fault, each));
  const hook = hookText(fault, each);
  if (hook !== undefined) writeFileSync(fileOf(each, 'hook'), hook, { mode: 0o755 });
  return { fault, each };
}

function actStep({ each }: Try): Step {
  return { id: 'act', kind: 'shell', command: `sh ${quoted(fileOf(each, 'act'))}` };
}

/**
 * Starts the agent with its hook and a model that makes it take these steps. In a home that is kept
 * its settings stay as they are, but for where its model is.
 */
async function play(
  { bed, found, recipe, hooking, listener }: Trying,
  { fault, each }: Try,
  steps: readonly Step[],
  kept?: string,
): Promise<Played> {
  const model = await ModelServer.start({ steps, end: 'Nothing is left to do.' }, MODEL_ADDRESS);
  using closing = new DisposableStack();
  closing.defer(() => model.close());
  const told = { url: `http://${model.host}`, prompt: PROMPT };
  const hook = {
    command: fileOf(each, 'hook'),
    patience_s: HOOK_PATIENCE_S,
    isTrusted: fault !== 'hook-untrusted',
  };
  const hooked = hooking.hooked(recipe, told, hook);
  const home = kept ?? furnished(bed, found, hooked.settings, each.id);
  if (kept === undefined) writeFiles(home, hooked.files);
  else pointTo(told.url, home, hooking.kept);
  const stop = new AbortController();
  void model.played.then(() => stop.abort());
  // Where the node is gone its model is too, and some agents ask for it for long.
  const isOver = whenThere(fileOf(each, 'done'), stop.signal).then(() => stop.abort());
  const hosts = [model.host, listener.host];
  const own = { node: bed.node, signal: AbortSignal.any([bed.signal, stop.signal]) };
  const said = await startAgent(own, found, {
    as: each.id,
    hosts,
    args: hooked.args,
    env: recipe.env(told),
  });
  stop.abort();
  await isOver;
  return { home, answer: model.heard.results.get('act'), said };
}

function writeFiles(home: string, files: Hooked['files']): void {
  for (const { path, text } of files) {
    mkdirSync(dirname(join(home, path)), { recursive: true, mode: 0o700 });
    writeFileSync(join(home, path), text, { mode: 0o600 });
  }
}

/** Its model is another one now, and nothing else of what it has there. */
function pointTo(url: string, home: string, files: readonly string[]): void {
  for (const path of files.map((each) => join(home, each))) {
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(MODEL_URL, url));
  }
}

/** Waits until the agent acts, and takes the node away under it. */
async function takeNodeAway({ bed }: Trying, { each }: Try): Promise<boolean> {
  const limit = AbortSignal.any([bed.signal, AbortSignal.timeout(LONGEST_MS)]);
  await whenThere(fileOf(each, 'ready'), limit);
  await stopDemoNode(bed.node.sample.root);
  writeFileSync(fileOf(each, 'go'), '');
  return !isDemoRunning(bed.node.sample.root);
}

/** Until a file is there, or there is nothing to wait for. */
async function whenThere(path: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && !existsSync(path)) await sleep(POLL_MS);
}

function isLeaked(each: FaultBed): boolean {
  const path = fileOf(each, 'read');
  return existsSync(path) && readFileSync(path, 'utf8').includes(each.secret.token);
}
