import { readFileSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Home } from '../shell/home.ts';

/** A server of node.json that gets a credential. */
export type EdgeTarget = {
  readonly server: string;
  readonly url: string;
  readonly credential: string;
  /** It is reached by sealed actions alone. */
  readonly connector?: true;
};

/** What node.json wants of an edge: the servers it is for, and whether others use it. */
export type EdgeWanted = {
  readonly targets: readonly EdgeTarget[];
  /** Programs in a sandbox, or models that take a key. */
  readonly isForRuns: boolean;
};

/**
 * The servers an edge is needed for; without any, none is started. A node.json that cannot be read
 * has none: what is wrong with it is the daemon's to say.
 */
export function edgeTargets(home: Home): EdgeWanted {
  return wantedInFile(home) ?? { targets: [], isForRuns: false };
}

/** Whether somebody signs in by a client that has a secret, which only an edge sends. */
export function hasSignInSecrets(home: Home): boolean {
  return fieldsInFile(home)?.['sign_in_secrets'] === true;
}

function wantedInFile(home: Home): EdgeWanted | undefined {
  const fields = fieldsInFile(home);
  if (fields === undefined) return undefined;
  const { servers, run_credentials: forRuns, models } = fields;
  const targets = Array.isArray(servers) ? servers.flatMap(targetIn) : [];
  return { targets, isForRuns: forRuns === true || hasKeys(models) };
}

/** Whether a model is asked with a key. */
function hasKeys(models: unknown): boolean {
  const candidates: unknown[] = Object.values(Object(models)).flat();
  return candidates.some((each) => Object(each).key !== undefined);
}

function fieldsInFile(home: Home): Readonly<Record<string, unknown>> | undefined {
  try {
    return Object(JSON.parse(readFileSync(home.nodeConfig, 'utf8')));
  } catch {
    return undefined;
  }
}

function targetIn(entry: unknown): EdgeTarget[] {
  const { name, url, credential, connector } = Object(entry) as Record<string, unknown>;
  const isTarget = [name, url, credential].every((each) => typeof each === 'string');
  const sealed = connector === undefined ? {} : { connector: true };
  return isTarget ? [{ server: name, url, credential, ...sealed } as EdgeTarget] : [];
}

/**
 * Calls back whenever node.json comes to name other servers with a credential. Returns how to stop.
 */
export function watchTargets(
  home: Home,
  onChange: (targets: readonly EdgeTarget[]) => void,
): () => void {
  let last = JSON.stringify(edgeTargets(home));
  const name = basename(home.nodeConfig);
  const watcher = watch(dirname(home.nodeConfig), { persistent: false }, (_event, changed) => {
    if (changed !== null && changed !== name) return;
    const wanted = wantedInFile(home);
    const now = JSON.stringify(wanted);
    // A file that is being written says nothing yet.
    if (wanted === undefined || now === last) return;
    last = now;
    onChange(wanted.targets);
  });
  // Without a watcher servers that are new wait for the next start, as they would anyway.
  watcher.on('error', () => watcher.close());
  return () => watcher.close();
}
