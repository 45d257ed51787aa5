import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rowsOf } from '@ioi/agentgres';
import { proveInclusion, SqliteStore } from '@ioi/agentgres/shell';
import { type SeededRandom, seededRandom } from '@ioi/basis';
import { sha256 } from '@ioi/canon';
import { encodeStateProof, Frontier, leafHash, type StateChange, StateTree } from '@ioi/merkle';
import { fastestPairHasher } from '@ioi/merkle/shell';
import { median } from './measure.ts';
import type { Report } from './report.ts';

const CLASS = 'object.Service';
const BATCH = 256;
const UPDATES = 50_000;
const MILLION = 1_000_000;
const READS = 2_000;
const CLASSES = ['node', 'class', 'principal'];

/** The state tree alone, and a proven read where the log and the state hold a million each. */
export async function proofs(report: Report): Promise<void> {
  const random = seededRandom(7);
  const small = filled(100_000);
  rate(report, { tree: small, objects: 100_000, label: '100k', least: 120_000, random });
  const large = filled(MILLION);
  rate(report, { tree: large, objects: MILLION, label: '1M', least: 60_000, random });
  const sizes = Array.from({ length: READS }, () => proofIn(large, random).length);
  const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  report.note(
    `proofs of ${Math.min(...sizes)} to ${Math.max(...sizes)} bytes; the figure is the mean`,
  );
  const target = { op: '<=', value: 700 } as const;
  report.figure({ figure: 'proof_bytes@1M', value: mean, unit: 'B', target });
  await readProven(report, large, random);
}

function filled(objects: number): StateTree {
  const tree = new StateTree(fastestPairHasher());
  tree.apply(CLASSES.map((name) => ({ key: tree.keyOf(name, 'one'), valueDigest: sha256(name) })));
  for (let from = 0; from < objects; from += 10_000) {
    tree.apply(Array.from({ length: 10_000 }, (_, at) => change(tree, from + at, 'first')));
  }
  return tree;
}

function change(tree: StateTree, at: number, value: string): StateChange {
  return { key: tree.keyOf(CLASS, `svc_${at}`), valueDigest: sha256(`${value} ${at}`) };
}

type Rating = {
  readonly tree: StateTree;
  readonly objects: number;
  readonly label: string;
  readonly least: number;
  readonly random: SeededRandom;
};

function rate(report: Report, { tree, objects, label, least, random }: Rating): void {
  const rates: number[] = [];
  for (let done = 0; done < UPDATES; done += BATCH) {
    const start = performance.now();
    tree.apply(
      Array.from({ length: BATCH }, () => change(tree, random.below(objects), `round ${done}`)),
    );
    tree.root();
    rates.push(BATCH / ((performance.now() - start) / 1000));
  }
  const target = { op: '>=', value: least } as const;
  const value = median(rates);
  report.figure({ figure: `state_updates_per_s@${label}`, value, unit: '1/s', target });
}

function proofIn(tree: StateTree, random: SeededRandom): Uint8Array {
  return encodeStateProof(tree.prove(tree.keyOf(CLASS, `svc_${random.below(MILLION)}`)));
}

/** An object's path to the state root and its commit entry's path to the log root. */
async function readProven(report: Report, tree: StateTree, random: SeededRandom): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-bench-'));
  const store = new SqliteStore(folder);
  try {
    store.claim();
    let frontier = Frontier.empty;
    while (frontier.size < MILLION) {
      const first = frontier.size;
      const texts = Array.from({ length: 10_000 }, (_, at) => `{"entry":${first + at}}`);
      const grown = frontier.extend(texts.map((text) => leafHash(text)));
      const entries = rowsOf(texts, grown.nodes);
      store.append({ firstSeq: BigInt(first), entries, payloads: {} });
      frontier = grown.frontier;
    }
    const took: number[] = [];
    for (let read = 0; read < READS; read += 1) {
      const start = performance.now();
      proofIn(tree, random);
      await proveInclusion(store, random.below(MILLION), MILLION);
      took.push(performance.now() - start);
    }
    const target = { op: '<=', value: 1 } as const;
    report.figure({ figure: 'proof_read_ms@1M', value: median(took), unit: 'ms', target });
  } finally {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
