import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatNoteKey, type NoteKey, noteKeysOf } from '@ioi/crypto';
import { type Genesis, isGenesis } from '@ioi/protocol';
import type { OpenNode } from '../open-node.ts';
import { NODE_DOMAIN } from '../writer-messages.ts';
import { reportFault } from './report-fault.ts';
import type { WitnessTarget } from './witness-config.ts';
import { WitnessMemory } from './witness-memory.ts';
import { offerOf, Witnessing } from './witnessing.ts';

export type WitnessingStart = {
  readonly targets: readonly WitnessTarget[];
  readonly folder: string;
  readonly node: OpenNode;
  readonly die: (code: string, message: string) => void;
  readonly log: (message: string, about: object) => void;
};

/** How long a required witness may be away before the start is given up. */
const PATIENCE_MS = 10_000;
const BETWEEN_TRIES_MS = 500;

/**
 * Has the sealed log cosigned before anything can be done: a witness that cosigned more of it, or
 * something else, ends the process, since an older copy was put in place or another node runs
 * under the same keys. A required witness that is away keeps effects from starting; any other is
 * a warning.
 */
export async function startWitnessing(start: WitnessingStart): Promise<Witnessing> {
  const { targets, node, die, log } = start;
  const witnessing = witnessingOf(start);
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    await witnessing.round(node.latest.note);
    const missing = witnessing.status().filter(({ state }) => state !== 'cosigned');
    const needed = missing.find(({ required }) => required);
    if (needed === undefined) {
      for (const { name, code, detail } of missing) log('not witnessed', { name, code, detail });
      return witnessing;
    }
    if (performance.now() > until) {
      const reason = `${needed.name}: ${needed.code}: ${needed.detail}`;
      die('witness.required', `no effect starts without its witness; ${reason}`);
    }
    if (targets.length > 0) await sleep(BETWEEN_TRIES_MS);
  }
}

function witnessingOf({ targets, folder, node, die, log }: WitnessingStart): Witnessing {
  const { reader, writer, status } = node;
  const [ed25519, mlDsa44] = keysOf(node);
  return new Witnessing({
    targets,
    log: { source: reader, keys: [ed25519, mlDsa44], verifierKey: formatNoteKey(ed25519) },
    memory: new WitnessMemory(join(folder, 'witnessed.json')),
    onWitnessed: ({ note, size }) => writer.saveCheckpoint(NODE_DOMAIN, size, note),
    onContradiction: (contradiction) => {
      const about = { folder, domainId: status.domain_id, reader };
      const path = reportFault(about, contradiction, offerOf(node.latest.note));
      log('fault', { code: contradiction.code, fault_proof: path ?? 'none' });
      die(contradiction.code, contradiction.message);
    },
  });
}

/** The keys of the log's checkpoints, as genesis names them. */
function keysOf({ reader }: Pick<OpenNode, 'reader'>): readonly [NoteKey, NoteKey] {
  const { guardian_key, origin } = genesisIn(reader);
  const pair = noteKeysOf(guardian_key, origin);
  if (!pair.ok) throw new Error(pair.error.message);
  return [pair.value.ed25519, pair.value.mlDsa44];
}

function genesisIn(reader: OpenNode['reader']): Genesis {
  const payload = reader.entry(0)?.payload;
  if (!isGenesis(payload)) throw new Error('the log has no genesis');
  return payload;
}
