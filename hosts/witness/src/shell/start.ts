import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { whenLeft } from '@ioi/basis/shell';
import { formatNoteKey, isNoteName, witnessKeysOf } from '@ioi/crypto';
import { createSeedFile, type HybridKey, readSeedFile } from '@ioi/crypto/shell';
import {
  type WatchedLog,
  WitnessService,
  WitnessStateFault,
  WitnessStore,
} from '@ioi/witness/shell';
import { parseListening, parseLogs } from '../core/index.ts';
import { witnessServer } from './http-server.ts';

const KEY_FORMAT = 'ioi-witnesskey/1';
/** A person has to look: starting again cannot help. */
const EXIT_NEEDS_PERSON = 78;
const EXIT_USAGE = 2;
/** Logs that are trusted on first use. */
const MOST_UNKNOWN_LOGS = 1024;

export type ServeOptions = {
  readonly folder: string;
  readonly listen: string;
  /** `ORIGIN=VKEY` each. */
  readonly logs: readonly string[];
  readonly trustOnFirstUse: boolean;
};

/** Who the witness is: the name and the verifier keys that go into a node's configuration. */
export type WitnessIdentity = { readonly name: string; readonly keys: readonly string[] };

export type WitnessLogs = { readonly name: string; readonly logs: readonly WatchedLog[] };

/** Makes a witness in a folder; refuses where there is, or was, one. */
export function initWitness(folder: string, name: string): WitnessIdentity {
  if (!isNoteName(name)) throw new Error('a witness needs a name without spaces and plus signs');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  WitnessStore.create(folder, name);
  return identityOf(createSeedFile(keyPath(folder), KEY_FORMAT), name);
}

/** What a witness knows of each log, also while another process serves. */
export function watchedLogs(folder: string): WitnessLogs {
  const store = WitnessStore.open(folder);
  try {
    return { name: store.name, logs: store.watched() };
  } finally {
    store.close();
  }
}

/** Composition root of the witness process. Ready when it says where it listens. */
export async function startWitness(options: ServeOptions): Promise<void> {
  const listening = parseListening(options.listen);
  const logs = parseLogs(options.logs);
  if (!listening.ok) return end(EXIT_USAGE, listening.error);
  if (!logs.ok) return end(EXIT_USAGE, logs.error);
  const store = WitnessStore.open(options.folder);
  const key = readSeedFile(keyPath(options.folder), KEY_FORMAT);
  const service = new WitnessService({
    store,
    key,
    logs: logs.value,
    mostUnknownLogs: options.trustOnFirstUse ? MOST_UNKNOWN_LOGS : 0,
    now: () => Math.floor(Date.now() / 1000),
  });
  const server = witnessServer(service, endOn);
  server.listen({ ...listening.value });
  await once(server, 'listening');
  const { address, family, port } = server.address() as AddressInfo;
  const url = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  console.log(JSON.stringify({ url, ...identityOf(key, store.name) }));
  const stop = (): void => {
    server.close(() => store.close());
    server.closeAllConnections();
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  whenLeft(stop);
}

/** Says why on the last line of standard error, for whoever started it. */
export function endOn(fault: unknown): never {
  const message = fault instanceof Error ? fault.message : String(fault);
  if (fault instanceof WitnessStateFault) {
    return end(EXIT_NEEDS_PERSON, { code: fault.code, message });
  }
  return end(1, { code: 'witness.fault', message });
}

function end(exitCode: number, said: { code: string; message: string }): never {
  console.error(JSON.stringify({ code: said.code, message: said.message }));
  process.exit(exitCode);
}

function identityOf(key: HybridKey, name: string): WitnessIdentity {
  const pair = witnessKeysOf(key.publicKey, name);
  if (!pair.ok) throw new Error(pair.error.message);
  return { name, keys: [pair.value.ed25519, pair.value.mlDsa44].map(formatNoteKey) };
}

function keyPath(folder: string): string {
  return join(folder, 'witness.key');
}
