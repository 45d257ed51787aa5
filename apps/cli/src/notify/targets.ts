import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, usageFault } from '../shell/fault.ts';
import type { Home } from '../shell/home.ts';
import { newVapidKey, type Subscription, type VapidKey } from './web-push.ts';

/** Who is told, and what it takes to reach them. */
export type Target = { readonly name: string } & (
  | { readonly kind: 'webhook'; readonly url: string; readonly secret: string }
  | { readonly kind: 'ntfy'; readonly url: string; readonly token?: string }
  | { readonly kind: 'webpush'; readonly subscription: Subscription }
);

export type Targets = { readonly vapid?: VapidKey; readonly targets: readonly Target[] };

const FORMAT = 'ioi-notify/1';

/** None where there is no file. Throws a usage fault at one that cannot be read. */
export function readTargets(home: Home): Targets {
  let text: string;
  try {
    text = readFileSync(pathIn(home), 'utf8');
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'ENOENT') return { targets: [] };
    throw usageFault(`${pathIn(home)} cannot be read: ${messageOf(fault)}`);
  }
  try {
    const { format, ...stored } = JSON.parse(text) as Targets & { readonly format?: unknown };
    if (format === FORMAT && Array.isArray(stored.targets)) return stored;
  } catch {
    // Said below, like any other file that is not ours.
  }
  throw usageFault(`${pathIn(home)} is not what ioi notify wrote`, 'move it away');
}

/** Whole or not at all; only this account reads it. */
export function writeTargets(home: Home, targets: Targets): void {
  const path = pathIn(home);
  const text = `${JSON.stringify({ format: FORMAT, ...targets }, undefined, 2)}\n`;
  writeFileSync(`${path}.part`, text, { mode: 0o600, flush: true });
  renameSync(`${path}.part`, path);
}

/** The key that browsers are told to expect; made once. */
export function vapidIn(home: Home): VapidKey {
  const known = readTargets(home);
  if (known.vapid !== undefined) return known.vapid;
  const vapid = newVapidKey();
  writeTargets(home, { ...known, vapid });
  return vapid;
}

function pathIn({ folder }: Home): string {
  return join(folder, 'notify.json');
}
