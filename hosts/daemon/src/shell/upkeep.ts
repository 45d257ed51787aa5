import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NotedBackup, NotedProbe, Upkeep } from '@ioi/protocol';

const STATES: readonly unknown[] = ['green', 'red', 'unknown'];

type Given = Readonly<Record<string, unknown>>;

/** What commands noted in this folder; what cannot be read was not noted. */
export function upkeepIn(folder: string): Upkeep {
  const backup = noted(folder, 'backup.json');
  const probe = noted(folder, 'probe.json');
  return {
    ...(isBackup(backup) ? { backup: withoutMore(backup) } : {}),
    ...(isProbe(probe) ? { probe: withoutMoreOf(probe) } : {}),
  };
}

function noted(folder: string, name: string): unknown {
  try {
    return JSON.parse(readFileSync(join(folder, name), 'utf8'));
  } catch {
    return undefined;
  }
}

function isBackup(given: unknown): given is NotedBackup {
  const { made_at, file, bytes, sha256 } = Object(given) as Given;
  return [made_at, file, sha256].every(isText) && Number.isSafeInteger(bytes) && Number(bytes) >= 0;
}

function isProbe(given: unknown): given is NotedProbe {
  const { made_at, agents } = Object(given) as Given;
  return isText(made_at) && Array.isArray(agents) && agents.every(isProbed);
}

function isProbed(given: unknown): boolean {
  const { agent, title, state } = Object(given) as Given;
  return isText(agent) && isText(title) && STATES.includes(state);
}

function isText(given: unknown): given is string {
  return typeof given === 'string';
}

/** Nothing but what the API says of it. */
function withoutMore({ made_at, file, bytes, sha256 }: NotedBackup): NotedBackup {
  return { made_at, file, bytes, sha256 };
}

function withoutMoreOf({ made_at, agents }: NotedProbe): NotedProbe {
  const probed = agents.map(({ agent, title, state }) => ({ agent, title, state }));
  return { made_at, agents: probed };
}
