import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type SshOrigin, sshOrigin } from '@ioi/basis';
import { sshTools } from '@ioi/law';
import type { ConnectorManifest } from '@ioi/protocol';
import type { ConnectorSource } from './connector-source.ts';
import { listOption, type Options, textOption } from './context.ts';
import { usageFault } from './fault.ts';
import { knownHostKeys } from './known-hosts.ts';

const PLACE = /^ssh:\/\/(?:([A-Za-z0-9_][A-Za-z0-9._-]{0,63})@)?([^@/?#]+?)(?::([0-9]+))?\/?$/;

/** `ssh://USER@HOST:PORT`, with the keys that this account knows of that host. */
export function sshSource(
  place: string,
  options: Options,
  environment: Readonly<Record<string, string | undefined>>,
): ConnectorSource {
  const [, user, host = '', port = '22'] = PLACE.exec(place) ?? [];
  const origin = sshOrigin(`ssh://${host.toLowerCase()}:${port}`);
  if (origin === undefined) {
    throw usageFault(`${place} is no host`, 'ioi connector add ssh://USER@HOST:PORT --secret NAME');
  }
  const url = origin.origin;
  const name = host
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '');
  const manifest: ConnectorManifest = {
    connector_id: `local:${name || 'ssh'}`,
    interface: { type: 'ssh', url },
    auth_requirement: { type: 'ssh_key' },
    notarization: 'none',
  };
  const file = textOption(options, 'knownHosts') ?? usualFile(environment);
  const hostKeys = keysOf(file, origin);
  const users = user === undefined ? {} : { users: [user] };
  const namespaces = listOption(options, 'namespace');
  const tools = sshTools(
    hostKeys.length === 0 ? undefined : { host_keys: hostKeys, ...users },
    namespaces.length === 0 ? undefined : namespaces,
  );
  const why = `${file} has no key of ${host}; ssh-keyscan finds some, to be checked by you`;
  const without = { operation: 'authenticate', code: 'ssh.host_unknown', why };
  const leftOut = hostKeys.length === 0 ? [without] : [];
  return { manifest, name: name || 'ssh', read: { version: '1', serverUrl: url, tools, leftOut } };
}

function usualFile(environment: Readonly<Record<string, string | undefined>>): string {
  return join(environment['HOME'] ?? homedir(), '.ssh', 'known_hosts');
}

function keysOf(file: string, origin: SshOrigin): readonly string[] {
  return existsSync(file) ? knownHostKeys(file, origin) : [];
}
