import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openLogFile } from '@ioi/agentgres/shell';
import { err, ok, type Result } from '@ioi/basis';
import { domainModules, domainNameOf, type Modules, nodeDomainOf, nodeModules } from '@ioi/law';
import type { LogEntry, Rejection } from '@ioi/protocol';

/** Where a domain's data is, found without anyone's help. */
export type DomainFolder = {
  /** Undefined when the node's own log says nothing of itself. */
  readonly domainId: string | undefined;
  readonly isNode: boolean;
  readonly folder: string;
  /** The guardian's file of its seals. */
  readonly sealPath: string;
};

/** The node's own log first, then every domain of which there is a log or a seal. */
export function domainFolders(home: string): DomainFolder[] {
  const data = join(home, 'data');
  const guardian = join(home, 'guardian');
  const own: DomainFolder = {
    domainId: nodeDomainIn(data),
    isNode: true,
    folder: data,
    sealPath: join(guardian, 'guardian.db'),
  };
  const sealed = namesIn(join(guardian, 'domains')).filter((name) => name.endsWith('.db'));
  const names = new Set([
    ...namesIn(join(data, 'domains')),
    ...sealed.map((name) => name.slice(0, -'.db'.length)),
  ]);
  const others = [...names].sort().map((name) => ({
    domainId: `agentgres://domain/${name}`,
    isNode: false,
    folder: join(data, 'domains', name),
    sealPath: join(guardian, 'domains', `${name}.db`),
  }));
  return [own, ...others];
}

/** All of them, or the one that is named by its id or what stands after the scheme. */
export function chosenFolders(home: string, name?: string): Result<DomainFolder[], Rejection> {
  const all = domainFolders(home);
  if (name === undefined) return ok(all);
  const chosen = all.filter(({ domainId = '', isNode }) => {
    return domainId === name || domainNameOf(domainId) === name || (isNode && name === 'node');
  });
  if (chosen.length > 0) return ok(chosen);
  const known = all.map(({ domainId }) => domainId ?? 'node').join(', ');
  return err({ code: 'domain.unknown', message: `there is no domain ${name}; there are ${known}` });
}

export function modulesOf({ isNode }: DomainFolder): Modules {
  return isNode ? nodeModules() : domainModules();
}

export function nameOf({ domainId, folder }: DomainFolder): string {
  return domainId ?? folder;
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function nodeDomainIn(folder: string): string | undefined {
  try {
    const log = openLogFile(folder);
    const [text = '{}'] = log.texts(0, 1);
    log.close();
    const { payload } = JSON.parse(text) as Partial<LogEntry>;
    const nodeId = payload?.['node_id'];
    return typeof nodeId === 'string' ? nodeDomainOf(nodeId) : undefined;
  } catch {
    // What is wrong with the log is the doctor's to say.
    return undefined;
  }
}
