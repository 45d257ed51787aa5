import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSeedFile, type HybridKey, readSeedFile } from '@ioi/crypto/shell';
import { isDeviceHost, relayAddressIn } from '@ioi/law';
import { CommandFault } from './fault.ts';
import type { Home } from './home.ts';

/** The relay that a node joined, and the name by which approvers come there. */
export type RelaySettings = {
  readonly format: 'ioi-relay/1';
  /** `host:port`. */
  readonly relay: string;
  readonly name: string;
};

type Joined = { readonly relay: string; readonly name: string; readonly key: HybridKey };

const KEY_FORMAT = 'ioi-relaykey/1';

/** Undefined where none was joined, or what is kept cannot be read: then nothing is connected. */
export function readRelay(home: Home): RelaySettings | undefined {
  try {
    const read = Object(JSON.parse(readFileSync(settingsPath(home), 'utf8'))) as RelaySettings;
    const isWhole = relayAddressIn(String(read.relay)) && isDeviceHost(String(read.name));
    return read.format === 'ioi-relay/1' && isWhole ? read : undefined;
  } catch {
    return undefined;
  }
}

/** What it takes to connect there. */
export function joinedRelay(home: Home): Joined | undefined {
  const settings = readRelay(home);
  return settings && { relay: settings.relay, name: settings.name, key: relayKey(home) };
}

/** Whole or not at all. */
export function saveRelay(home: Home, settings: RelaySettings): void {
  const path = settingsPath(home);
  mkdirSync(home.relay, { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.new`, `${JSON.stringify(settings)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** The key stays: a relay that knows it can be joined again. */
export function dropRelay(home: Home): void {
  rmSync(settingsPath(home), { force: true });
}

/** Says at a relay which node this is, and nothing anywhere else. Made when first needed. */
export function relayKey(home: Home): HybridKey {
  const path = join(home.relay, 'relay.key');
  if (existsSync(path)) return readSeedFile(path, KEY_FORMAT);
  mkdirSync(home.relay, { recursive: true, mode: 0o700 });
  return createSeedFile(path, KEY_FORMAT);
}

function settingsPath({ relay }: Home): string {
  return join(relay, 'relay.json');
}

export function notJoined(): CommandFault {
  return new CommandFault({
    exit: 'usage',
    code: 'relay.not_joined',
    message: 'this node joined no relay',
    next: 'ioi relay join HOST:PORT --name NAME',
  });
}
