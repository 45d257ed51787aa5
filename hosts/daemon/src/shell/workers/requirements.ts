import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RoutingTable } from '@ioi/law';
import type { WorkerManifest, WorkerPackageReview } from '@ioi/protocol';
import { PYTHON } from './start-worker.ts';

type Need = WorkerPackageReview['needs'][number];
type Needing = Pick<WorkerManifest, 'entry' | 'requirements' | 'model_requirements'>;

const PATIENCE_MS = 20_000;
const DRM = '/sys/class/drm';
const NVIDIA = '/proc/driver/nvidia/gpus';
const UNITS: Readonly<Record<string, number>> = { MB: 2 ** 20, GB: 2 ** 30 };

/** What this machine has of what a worker needs. What is not met now is impossible here. */
export async function needsMet(manifest: Needing, routing: RoutingTable): Promise<Need[]> {
  const { framework, vram_min: memory } = manifest.requirements ?? {};
  const { routes = [], vram_min: modelMemory } = manifest.model_requirements ?? {};
  const runtime = framework ?? (manifest.entry.language === 'python' ? 'python-3.11' : undefined);
  return [
    ...(runtime === undefined ? [] : [await frameworkMet(runtime)]),
    ...(memory === undefined ? [] : [memoryMet(memory)]),
    ...(modelMemory === undefined ? [] : [ofModel(modelMemory)]),
    ...routes.map((route) => routeMet(route, routing)),
  ];
}

async function frameworkMet(framework: string): Promise<Need> {
  const [name = '', wanted = ''] = framework.split('-');
  const found = name === 'python' ? await pythonVersion() : process.versions.node;
  const met = found !== undefined && isAtLeast(found, wanted);
  const there = found === undefined ? `no ${PYTHON}` : `${name} ${found}`;
  return { need: framework, met: met ? 'yes' : 'no', found: there };
}

async function pythonVersion(): Promise<string | undefined> {
  try {
    const asked = promisify(execFile)(PYTHON, ['-I', '-V'], { timeout: PATIENCE_MS, env: {} });
    return /^Python (\d+\.\d+\.\d+)/.exec((await asked).stdout)?.[1];
  } catch {
    return undefined;
  }
}

/** `python-3.11` takes 3.11 and later ones of 3; `node-26` takes 26 and later. */
export function isAtLeast(found: string, wanted: string): boolean {
  const [left, right] = [found, wanted].map((each) => each.split('.').map(Number)) as [
    number[],
    number[],
  ];
  const [major = 0, minor = 0] = left;
  const [least = 0, leastMinor] = right;
  if (leastMinor === undefined) return major >= least;
  return major === least && minor >= leastMinor;
}

/** Only what the kernel says by itself is known: no driver of a vendor is asked. */
function memoryMet(memory: string): Need {
  const need = `${memory} of video memory`;
  if (existsSync(NVIDIA))
    return { need, met: 'unknown', found: 'a device whose memory is not told' };
  const most = Math.max(0, ...videoMemories());
  const [, amount = '0', unit = 'GB'] = /^(\d+)(MB|GB)$/.exec(memory) ?? [];
  const isMet = most >= Number(amount) * (UNITS[unit] ?? 0);
  const found = most === 0 ? 'no video memory' : `${Math.floor(most / 2 ** 20)} MB`;
  return { need, met: isMet ? 'yes' : 'no', found };
}

function videoMemories(): number[] {
  if (!existsSync(DRM)) return [];
  return readdirSync(DRM).flatMap((card) => {
    try {
      return [Number(readFileSync(join(DRM, card, 'device/mem_info_vram_total'), 'utf8'))];
    } catch {
      return [];
    }
  });
}

/** A model is asked where its route leads: this machine need not hold it. */
function ofModel(memory: string): Need {
  const need = `${memory} of video memory for its model`;
  return { need, met: 'unknown', found: 'models are asked by route' };
}

function routeMet(route: string, routing: RoutingTable): Need {
  const isThere = Object.hasOwn(routing, route);
  const found = isThere ? 'there is one' : 'not there yet: ioi models';
  return { need: `the route ${route}`, met: isThere ? 'yes' : 'unknown', found };
}
