import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Revision } from './requirements.ts';

/** A server of a process of its own, which said where it listens. */
export type Started = { readonly url: string; readonly stop: () => void };

const FIXTURES: Readonly<Record<Revision, string>> = {
  '2025-11-25': fileURLToPath(new URL('./fixture-2025.ts', import.meta.url)),
  '2026-07-28': fileURLToPath(new URL('./fixture-2026.ts', import.meta.url)),
};

/** The fixture that speaks one revision and no other. */
export function startFixture(revision: Revision): Promise<Started> {
  return started(spawn(process.execPath, [FIXTURES[revision]], { stdio: ['ignore', 'pipe', 2] }));
}

/** Waits for the one line of JSON that says where a process listens. */
async function started(child: ChildProcess): Promise<Started> {
  const stop = (): void => void child.kill();
  if (child.stdout === null) throw new Error('its output goes elsewhere');
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, 'exit').then(() => {
    throw new Error('the server ended before it listened');
  });
  const [line] = await Promise.race([once(lines, 'line'), ended]);
  ended.catch(() => {});
  return { url: (JSON.parse(String(line)) as { url: string }).url, stop };
}
