import { err, ok, type Result } from '@ioi/basis';
import { leafHash } from '@ioi/merkle';
import type { FaultProof, Rejection } from '@ioi/protocol';
import { filterOf, type ResumeToken, type Test } from '../../core/index.ts';
import { type Channel, Channels, isConcerned } from './channels.ts';
import { rootText } from './commit-reader.ts';
import type { ProjectionEngine, ProjectionNews } from './engine.ts';
import {
  deltaNotice,
  isLast,
  mergedDeltas,
  type Notice,
  rebaseNotice,
  snapshotNotice,
} from './notices.ts';
import type { ProjectionFile, RowDelta } from './projection-file.ts';
import type { SealedLog } from './sealed-log.ts';

export type Delivery = {
  readonly subscribers: readonly number[];
  readonly notices: readonly Notice[];
};

export type Subscribing = {
  readonly subscriber: number;
  readonly projection: string;
  readonly where: unknown;
  readonly resume: ResumeToken | undefined;
};

export type SubscriptionOptions = {
  readonly engine: ProjectionEngine;
  readonly log: SealedLog;
  readonly domain: string;
  /** Signed notes this node has, for a proof of divergence. */
  readonly checkpoints: () => readonly string[];
};

const SNAPSHOT_ROWS_MAX = 10_000;

/**
 * Who is told what (whitepaper 3.4). Subscribers with the same filter share a channel, channels
 * are found by the values they want: a change costs what it matches, not who listens.
 */
export class Subscriptions {
  readonly #options: SubscriptionOptions;
  readonly #channels = new Map<string, Channels>();
  readonly #projectionOf = new Map<number, string>();

  constructor(options: SubscriptionOptions) {
    this.#options = options;
  }

  /**
   * What a new subscriber is told first; from then on it is told of every change. Rejects with
   * `projection.unknown`, `query.invalid`, `subscription.ahead` or `subscription.too_large`.
   */
  add({ subscriber, projection, where, resume }: Subscribing): Result<Notice[], Rejection> {
    const file = this.#options.engine.get(projection)?.serving;
    if (file === undefined) {
      const message = `there is no projection ${projection} that serves`;
      return err({ code: 'projection.unknown', message });
    }
    const tests = filterOf(where, file.table);
    if (!tests.ok) return tests;
    const first = this.#first(file, tests.value, resume);
    if (first.ok && !first.value.some(isLast)) {
      this.#options.engine.watch();
      const channels = this.#channels.get(projection) ?? new Channels();
      channels.join(subscriber, where, tests.value);
      this.#channels.set(projection, channels);
      this.#projectionOf.set(subscriber, projection);
    }
    return first;
  }

  remove(subscriber: number): void {
    const projection = this.#projectionOf.get(subscriber);
    if (projection === undefined) return;
    this.#projectionOf.delete(subscriber);
    const channels = this.#channels.get(projection);
    channels?.leave(subscriber);
    if (channels?.size === 0) this.#channels.delete(projection);
  }

  /** Who is told what of a projection's news. */
  route({ file, deltas }: ProjectionNews): Delivery[] {
    const { projection } = file.table.definition;
    const channels = this.#channels.get(projection);
    if (channels === undefined) return [];
    if (deltas === undefined) return this.#rebaseAll(file, channels);
    const told = new Map<Channel, RowDelta[]>();
    for (const delta of mergedDeltas(deltas.flat())) {
      for (const channel of channels.concernedBy(delta)) {
        const list = told.get(channel) ?? [];
        list.push(delta);
        told.set(channel, list);
      }
    }
    return [...told].map(([{ tests, subscribers }, list]) => ({
      subscribers: [...subscribers],
      notices: [deltaNotice(file, tests, list)],
    }));
  }

  /** The projection is gone: its subscribers are let go. */
  end(projection: string, reason: string): Delivery[] {
    const channels = this.#channels.get(projection)?.list() ?? [];
    return channels.map((channel) => this.#drop(channel, reason));
  }

  #first(
    file: ProjectionFile,
    tests: readonly Test[],
    resume: ResumeToken | undefined,
  ): Result<Notice[], Rejection> {
    if (resume === undefined) return this.#snapshot(file, tests);
    const { domain } = this.#options;
    if (resume.domain_id !== domain) {
      // Another domain is another log: that its root differs would prove nothing.
      const message = `the token is of ${resume.domain_id}, not of ${domain}`;
      return err({ code: 'query.invalid', message });
    }
    const size = Number(resume.seq) + 1;
    if (size > file.mark.size) {
      const message = `this node reflects ${file.mark.size} entries, the token ${size}`;
      return err({ code: 'subscription.ahead', message });
    }
    const root = this.#rootAt(file, size);
    if (root !== resume.log_root) return ok([this.#faultNotice(resume, root)]);
    if (resume.definition_hash !== file.table.hash) {
      return this.#rebase(file, tests, 'the definition is another one now');
    }
    const changes = file.changesAfter(size);
    if (changes === undefined) {
      return this.#rebase(file, tests, 'changes from so long ago are not kept');
    }
    const list = changes.filter(({ before, after }) => isConcerned(tests, before, after));
    return ok([deltaNotice(file, tests, list)]);
  }

  /** The root the log had at a size: from the nearest noted frontier, and the leaves after it. */
  #rootAt(file: ProjectionFile, size: number): string {
    const frontier = file.frontierBefore(size);
    const texts = this.#options.log.read(frontier.size, size);
    return rootText(frontier.extend(texts.map((text) => leafHash(text))).frontier);
  }

  #snapshot(file: ProjectionFile, tests: readonly Test[]): Result<Notice[], Rejection> {
    const order = Array.from({ length: file.table.keySize }, (_, at) => ({
      at,
      descending: false,
    }));
    const limit = SNAPSHOT_ROWS_MAX + 1;
    const rows = file.select({ where: tests, order, limit, after: undefined });
    if (rows.length < limit) return ok([snapshotNotice(file, rows)]);
    const most = `more than ${SNAPSHOT_ROWS_MAX} rows match`;
    const message = `${most}: filter, or read a snapshot in pages and resume from it`;
    return err({ code: 'subscription.too_large', message });
  }

  #rebase(
    file: ProjectionFile,
    tests: readonly Test[],
    reason: string,
  ): Result<Notice[], Rejection> {
    const snapshot = this.#snapshot(file, tests);
    return snapshot.ok ? ok([rebaseNotice(file, reason), ...snapshot.value]) : snapshot;
  }

  #rebaseAll(file: ProjectionFile, channels: Channels): Delivery[] {
    return channels.list().map((channel) => {
      const tests = filterOf(channel.where, file.table);
      const rebased = tests.ok
        ? this.#rebase(file, tests.value, 'the projection was folded anew')
        : tests;
      if (!rebased.ok || !tests.ok) return this.#drop(channel, 'its columns are other ones now');
      const subscribers = [...channel.subscribers];
      for (const subscriber of subscribers) {
        channels.leave(subscriber);
        channels.join(subscriber, channel.where, tests.value);
      }
      return { subscribers, notices: rebased.value };
    });
  }

  #drop(channel: Channel, reason: string): Delivery {
    const subscribers = [...channel.subscribers];
    for (const subscriber of subscribers) this.remove(subscriber);
    return {
      subscribers,
      notices: [{ event: 'dropped', id: '', data: JSON.stringify({ reason }) }],
    };
  }

  #faultNotice({ log_root, seq }: ResumeToken, root: string): Notice {
    const { domain, checkpoints } = this.#options;
    const size = String(Number(seq) + 1);
    const proof: FaultProof = {
      kind: 'log_divergence',
      domain_id: domain,
      claimed: { size, root: log_root },
      held: { size, root },
      checkpoints: [...checkpoints()],
    };
    return { event: 'fault', id: '', data: JSON.stringify(proof) };
  }
}
