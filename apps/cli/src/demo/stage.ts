import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { usageFault } from '../shell/fault.ts';
import { type Home, homeAt } from '../shell/home.ts';
import { demoPassphrase, initialise } from '../shell/initialise.ts';
import { runningPid } from '../shell/lock.ts';
import { type StartedNode, startNode } from '../shell/start-node.ts';
import { stopSupervisor } from '../up/stop.ts';
import { makeSample, type Sample } from './sample.ts';

/** The demo's own node, running, with the starter policy active on a sample workspace. */
export type DemoNode = StartedNode & {
  readonly home: Home;
  readonly sample: Sample;
  readonly passphrase: string;
};

const STOP_MS = 20_000;

/** A new folder, or the one to keep, which must be empty: nothing of anybody is overwritten. */
export function demoFolder(keep: string | undefined): string {
  if (keep === undefined) return mkdtempSync(join(tmpdir(), 'ioi-demo-'));
  const folder = resolve(keep);
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw usageFault(`${folder} is not empty`, `rm -r ${folder}`);
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** `rules` are added to those of the starter policy, as people write them. */
export async function startDemoNode(
  folder: string,
  rules: readonly object[] = [],
): Promise<DemoNode> {
  const sample = makeSample(folder);
  const home = homeAt(join(sample.root, 'home'));
  const passphrase = demoPassphrase();
  const owner = { passphrase, keep: true };
  await initialise(home, { demo: true, workspace: sample.workspace }, owner);
  if (rules.length > 0) addRules(home.policy, rules);
  return { home, sample, passphrase, ...(await startNode(home, home.policy, passphrase)) };
}

function addRules(file: string, rules: readonly object[]): void {
  const authored = JSON.parse(readFileSync(file, 'utf8')) as { readonly rules: readonly object[] };
  const policy = { ...authored, rules: [...authored.rules, ...rules] };
  writeFileSync(file, `${JSON.stringify(policy, null, 2)}\n`);
}

/** Ends the node, however far it came, and waits until its processes are gone. */
export async function stopDemoNode(folder: string): Promise<void> {
  const home = homeAt(join(folder, 'home'));
  if (existsSync(home.run)) await stopSupervisor(home, STOP_MS);
}

export function isDemoRunning(folder: string): boolean {
  return runningPid(homeAt(join(folder, 'home'))) !== undefined;
}

export function removeDemo(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** The path as the demo shows it: below its own folder. */
export function shortPath({ root }: Sample, path: string): string {
  return path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path;
}
