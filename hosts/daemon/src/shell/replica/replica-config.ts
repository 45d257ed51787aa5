import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSchemaName } from '@ioi/agentgres/shell';
import { type NoteKey, parseNoteKey } from '@ioi/crypto';
import { ReplicaFault } from './replica-fault.ts';

/** What a replica is told: nothing of it is secret but the way to the database. */
export type ReplicaConfig = {
  readonly replica: string;
  /** The node whose logs it follows: every key is found from this name. */
  readonly nodeId: string;
  readonly store: { readonly url: string; readonly schema?: string };
  /** Witnesses without whose word nothing is served; all keys of a name must sign. */
  readonly witnesses: readonly NoteKey[];
  /** Nothing is served that may be older. */
  readonly staleAfterMs: number;
};

const REPLICA_FILE = 'replica.json';
const FORMAT = 'ioi-replica/1';
const KNOWN = ['format', 'replica', 'node_id', 'store', 'witnesses', 'stale_after_ms'];
const STALE_AFTER_MS = 30_000;
const NAME = /^[a-z][a-z0-9-]{0,31}$/;
const NODE = /^node:\/\/[a-z0-9.-]{1,64}\/[0-9a-f]{32}$/;

/** `replica.json` of a folder. Throws `replica.config_invalid`, naming the place. */
export function readReplicaConfig(folder: string): ReplicaConfig {
  const path = join(folder, REPLICA_FILE);
  const wrong = (what: string): never => {
    throw new ReplicaFault('replica.config_invalid', `${path}: ${what}`);
  };
  const value = jsonAt(path);
  if (value?.['format'] !== FORMAT) return wrong(`/format must be ${FORMAT}`);
  const unknown = Object.keys(value).find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) return wrong(`/${unknown} is none of ${KNOWN.join(', ')}`);
  const { replica, node_id, store, witnesses = [], stale_after_ms: stale = STALE_AFTER_MS } = value;
  if (typeof replica !== 'string' || !NAME.test(replica)) return wrong('/replica is a name');
  if (typeof node_id !== 'string' || !NODE.test(node_id)) return wrong('/node_id names a node');
  if (!Number.isSafeInteger(stale) || Number(stale) < 1)
    return wrong('/stale_after_ms is a number');
  const { url, schema } = Object(store) as Record<string, unknown>;
  // Never repeated in a message: it may hold a password.
  if (typeof url !== 'string' || !/^postgres(ql)?:\/\//.test(url)) {
    return wrong('/store/url must begin with postgresql://');
  }
  if (schema !== undefined && (typeof schema !== 'string' || !isSchemaName(schema))) {
    return wrong('/store/schema must be lower case letters, digits and _');
  }
  if (!Array.isArray(witnesses)) return wrong('/witnesses must be a list of verifier keys');
  const keys = witnesses.map((text) => {
    const key = parseNoteKey(String(text));
    return key.ok ? key.value : wrong(`/witnesses: ${key.error.message}`);
  });
  return {
    replica,
    nodeId: node_id,
    store: schema === undefined ? { url } : { url, schema },
    witnesses: keys,
    staleAfterMs: Number(stale),
  };
}

function jsonAt(path: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
