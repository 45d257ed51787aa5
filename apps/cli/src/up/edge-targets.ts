import { readFileSync } from 'node:fs';
import type { Home } from '../shell/home.ts';

/** A server of node.json that gets a credential. */
export type EdgeTarget = {
  readonly server: string;
  readonly url: string;
  readonly credential: string;
};

/**
 * The servers an edge is needed for; without any, none is started. A node.json that cannot be read
 * has none: what is wrong with it is the daemon's to say.
 */
export function edgeTargets(home: Home): readonly EdgeTarget[] {
  let config: unknown;
  try {
    config = JSON.parse(readFileSync(home.nodeConfig, 'utf8'));
  } catch {
    return [];
  }
  const { servers } = Object(config) as { servers?: unknown };
  return Array.isArray(servers) ? servers.flatMap(targetIn) : [];
}

function targetIn(entry: unknown): EdgeTarget[] {
  const { name, url, credential } = Object(entry) as Record<string, unknown>;
  const isTarget = [name, url, credential].every((each) => typeof each === 'string');
  return isTarget ? [{ server: name, url, credential } as EdgeTarget] : [];
}
