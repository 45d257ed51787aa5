import type { Attestor, LogStore } from '@ioi/agentgres';
import { COMMIT_OPERATION } from '@ioi/law';
import { Frontier, leafHash } from '@ioi/merkle';
import { IoFault } from './disk-faults.ts';

/** A fault of design, planted to see whether the simulator finds it. */
export type Variant = {
  readonly name: string;
  /** What the writer is given instead. */
  readonly attestor?: (attestor: Attestor, store: LogStore) => Attestor;
  readonly store?: (store: LogStore) => LogStore;
  /** Believes every seal. */
  readonly isCredulous?: boolean;
  /** What a database does instead of what it is told. */
  readonly sql?: (sql: string) => string;
  /** Disks that flush only seemingly. */
  readonly forgetful?: 'writer' | 'guardian';
  /** The seed that found it last, where that is a late one: it is tried before all others. */
  readonly foundBy?: number;
};

export const SOUND: Variant = { name: 'sound' };

/** Answers callers while the seal is still on its way. */
const acknowledgesBeforeSeal: Variant = {
  name: 'acknowledge before seal',
  isCredulous: true,
  attestor: (attestor) =>
    replacing(attestor, {
      seal: async (batch, commit) => {
        attestor.seal(batch, commit).catch(() => {});
        const { seq } = JSON.parse(commit) as { seq: string };
        return { size: String(Number(seq) + 1), root: '', note: '' };
      },
    }),
};

/** Takes a failed flush for one that can be tried again, and that for success. */
const retriesFlush: Variant = {
  name: 'retry a failed flush',
  store: (store) =>
    replacing(store, {
      append: async (write) => {
        try {
          await store.append(write);
        } catch (fault) {
          if (!(fault instanceof IoFault)) throw fault;
        }
      },
    }),
};

/** Writes heads of a commit before anybody sealed it. */
const appliesBeforeSeal: Variant = {
  name: 'apply heads before seal',
  attestor: (attestor, store) => {
    const prepared = new Map<number, Awaited<ReturnType<Attestor['prepare']>>>();
    return replacing(attestor, {
      prepare: async (operations, payloads) => {
        const batch = await attestor.prepare(operations, payloads);
        prepared.set(batch.batch, batch);
        return batch;
      },
      seal: async (batch, commit) => {
        const { entries = [], changes = [] } = prepared.get(batch) ?? {};
        const known = Frontier.restore(await store.watermark());
        const isWhole = JSON.parse(commit).operation === COMMIT_OPERATION && entries.length > 0;
        if (known.ok && isWhole) {
          const { frontier } = known.value.extend(
            [...entries, commit].map((text) => leafHash(text)),
          );
          await store.applySealed({ changes, watermark: frontier.serialise(), references: [] });
        }
        return attestor.seal(batch, commit);
      },
    });
  },
};

/** Lets whoever comes write, over what another writer wrote. */
const ignoresFencing: Variant = {
  name: 'ignore fencing',
  foundBy: 175,
  sql: (sql) =>
    sql
      .replace('claim = ? AND size = ?', '? IS NOT NULL AND ? IS NOT NULL')
      .replace('INSERT INTO entries', 'INSERT OR REPLACE INTO entries'),
};

/** Takes every operation for a new one. */
const forgetsIds: Variant = {
  name: 'forget operation ids',
  store: (store) => replacing(store, { known: async () => new Set() }),
};

/** What the simulator must find, each within a bounded number of seeds. */
export const PLANTED: readonly Variant[] = [
  acknowledgesBeforeSeal,
  { name: 'skip the flush of the log', forgetful: 'writer' },
  { name: 'skip the flush of seals', forgetful: 'guardian' },
  retriesFlush,
  appliesBeforeSeal,
  ignoresFencing,
  forgetsIds,
];

/** The same with some of its methods replaced. */
function replacing<T extends object>(whole: T, own: Partial<T>): T {
  return new Proxy(whole, {
    get: (target, name) => {
      const replaced = Reflect.get(own, name);
      const method = replaced ?? Reflect.get(target, name);
      return replaced === undefined && typeof method === 'function' ? method.bind(target) : method;
    },
  });
}
