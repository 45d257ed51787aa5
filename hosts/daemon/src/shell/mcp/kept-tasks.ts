import type { ArtifactStore } from '@ioi/agentgres/shell';
import { type Digest, isDigest, type Json } from '@ioi/canon';
import { type Answer, answerFor, type Followed, lostTask, type Recalled } from '@ioi/gateway';
import { type ActionHead, keys } from '@ioi/law';
import type { VerdictCode } from '@ioi/protocol';
import { decidedIn, executionCode, executionIn } from '../../core/index.ts';
import { ConfigFault } from '../config.ts';
import type { Contents } from '../contents.ts';
import type { HeadReader } from '../head-reader.ts';
import { KeptFile } from './kept-file.ts';

export type KeptTasksOptions = {
  readonly path: string;
  readonly reader: HeadReader;
  readonly contents: Contents;
  readonly store: ArtifactStore;
  readonly log: (message: string, about: object) => void;
};

type Kept = Followed & { readonly agentId: string; readonly requestHash: Digest };

const FORMAT = 'ioi-tasks/1';
/** Of all clients; older ones are forgotten first. */
const MOST = 1_024;
/** Entries looked at for one request: many times what one action leaves. */
const MOST_ENTRIES = 64;

/**
 * Which act a client follows by which name, so that it is told after a restart what became of it.
 * That itself is read from the log.
 */
export class KeptTasks {
  readonly #options: KeptTasksOptions;
  readonly #file: KeptFile;
  /** Begun before the node started: none of them runs any more. */
  readonly #former: ReadonlyMap<string, Kept>;
  #kept: readonly Kept[];

  constructor(options: KeptTasksOptions) {
    this.#options = options;
    this.#file = new KeptFile(options.path);
    this.#kept = this.#read().filter((each) => leftMs(each) > 0);
    this.#former = new Map(this.#kept.map((each) => [each.taskId, each]));
  }

  /** Before the act is submitted. What cannot be written is told to nobody after a restart. */
  remember({ taskId, era, createdAt, ttlMs }: Followed, of: Pick<Kept, 'agentId' | 'requestHash'>) {
    if (this.#kept.some((each) => each.taskId === taskId)) return;
    const fresh = this.#kept.filter((each) => leftMs(each) > 0);
    this.#kept = [...fresh, { taskId, era, createdAt, ttlMs, ...of }].slice(-MOST);
    try {
      this.#file.write({ format: FORMAT, tasks: this.#kept.map(writeKept) });
    } catch (fault) {
      // It may be under way already: it is not made unknown for want of a name.
      this.#options.log('task not kept', { task: taskId, reason: String(fault) });
    }
  }

  /** Undefined where this agent began no such task, or its time is over. */
  recall(agentId: string, taskId: string): Recalled | undefined {
    const kept = this.#former.get(taskId);
    if (kept?.agentId !== agentId || leftMs(kept) <= 0) return undefined;
    const { requestHash, agentId: _, ...followed } = kept;
    return { ...followed, answer: this.#answerOf(requestHash), leftMs: leftMs(kept) };
  }

  /** Only names of what the log knows: a damaged file costs those, and is kept to look at. */
  #read(): readonly Kept[] {
    try {
      return read(this.#file);
    } catch (fault) {
      if (!(fault instanceof ConfigFault)) throw fault;
      const aside = this.#file.setAside();
      this.#options.log('tasks not read', { reason: fault.message, aside });
      return [];
    }
  }

  #answerOf(requestHash: Digest): Answer {
    const { reader } = this.#options;
    const head = reader.get<ActionHead>(keys.action(requestHash));
    if (head === undefined) return lostTask('gateway.task_lost');
    // Also where a person may still approve it: nobody waits for its answer any more.
    if (head.state === 'pending') return lostTask('gateway.task_interrupted');
    const seqs = reader.find(requestHash, MOST_ENTRIES);
    const entries = seqs.flatMap((seq) => reader.entry(seq) ?? []);
    for (const entry of entries) {
      const executed = executionIn(entry);
      if (executed?.receipt.request_hash === requestHash) {
        const { receipt, receiptId } = executed;
        const output = this.#outputOf(requestHash, JSON.stringify(entry));
        const told = output === undefined ? {} : { output };
        return answerFor({ code: executionCode(receipt), receiptId, ...told });
      }
      const decided = decidedIn(entry);
      if (decided !== undefined && !decided.committed) {
        const { code, receiptId, ruleId } = decided;
        const rule = ruleId === undefined ? {} : { ruleId };
        return answerFor({ code: code as VerdictCode, receiptId, ...rule });
      }
    }
    return lostTask('gateway.task_interrupted');
  }

  /** Where outputs are kept, and the entry refers to it. */
  #outputOf(requestHash: Digest, entry: string): Json | undefined {
    const { store, contents } = this.#options;
    const query = { requestPrefix: requestHash, artifactClass: 'output' } as const;
    const kept = store.select(query, MOST_ENTRIES).find(({ digest }) => entry.includes(digest));
    const text = kept && contents.text(kept.digest);
    return text === undefined ? undefined : (JSON.parse(text) as Json);
  }
}

function leftMs({ createdAt, ttlMs }: Kept): number {
  return Date.parse(createdAt) + ttlMs - Date.now();
}

function read(file: KeptFile): readonly Kept[] {
  const kept = file.read();
  if (kept === undefined) return [];
  const tasks = (kept as { tasks?: unknown } | null)?.tasks;
  if (!Array.isArray(tasks)) throw file.damaged();
  return tasks.map((each) => {
    const kept = readKept(each);
    if (kept === undefined) throw file.damaged();
    return kept;
  });
}

function writeKept({ taskId, era, createdAt, ttlMs, agentId, requestHash }: Kept) {
  const times = { created_at: createdAt, ttl_ms: ttlMs };
  return { task_id: taskId, era, ...times, agent_id: agentId, request_hash: requestHash };
}

function readKept(value: unknown): Kept | undefined {
  const read = Object(value) as Partial<ReturnType<typeof writeKept>>;
  const { task_id: taskId, era, created_at: createdAt, ttl_ms: ttlMs } = read;
  const { agent_id: agentId, request_hash: requestHash } = read;
  const isEra = era === 'stateful' || era === 'stateless';
  if (typeof taskId !== 'string' || typeof agentId !== 'string' || !isEra) return undefined;
  if (typeof createdAt !== 'string' || typeof ttlMs !== 'number') return undefined;
  return isDigest(requestHash)
    ? { taskId, era, createdAt, ttlMs, agentId, requestHash }
    : undefined;
}
