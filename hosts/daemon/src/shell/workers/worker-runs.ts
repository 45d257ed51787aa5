import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { err, ok, type Result } from '@ioi/basis';
import { type Digest, digestBytes, type Json } from '@ioi/canon';
import type { Sandbox } from '@ioi/drivers/shell';
import {
  OPEN_WORKER_RUN,
  providerSelectionOf,
  seedCommitOf,
  WORKER_SERVER,
  type WorkerRunHead,
} from '@ioi/law';
import type {
  ActionRequest,
  OpenWorkerRun,
  Rejection,
  WorkerHost,
  WorkerRunAsked,
} from '@ioi/protocol';
import { hasPlace, MOST_AT_WORK, type OwnStep } from '../../core/index.ts';
import type { Events } from '../events.ts';
import { KeptFile } from '../mcp/kept-file.ts';
import { Session } from '../mcp/session.ts';
import type { Keyed } from '../once.ts';
import { type BegunWorker, beginWorker, type WorkerFrom } from './begin-worker.ts';
import { HeldRuns } from './held-runs.ts';
import type { InstalledWorkers } from './installed-workers.ts';
import { keptGiven, openRuns } from './kept-given.ts';
import { type Leasing, leasedHost, wrongInLeased } from './leased-host.ts';
import { Places } from './places.ts';
import { runFolder } from './run-folder.ts';
import {
  type Given,
  type GivenFrom,
  type RecordGone,
  type RunGiven,
  recordUnread,
  withoutInput,
} from './run-given.ts';
import { RunJournal, recallAll } from './run-journal.ts';
import { keptAs, type StepsOptions } from './run-steps.ts';
import type { RunWanted, RunWithin } from './run-wanted.ts';
import { sealLost } from './seal-lost.ts';
import { schemaOf, type Task, taskEnvelope, taskFor } from './task-of.ts';
import { type Started, WorkerRun } from './worker-run.ts';

export type WorkerRunsOptions = StepsOptions & {
  readonly nodeId: string;
  readonly sandbox: Sandbox;
  readonly installs: InstalledWorkers;
  readonly leasing: Leasing;
  readonly events: Events;
  /** The node's own folder: no run is in it. */
  readonly home: string;
  readonly log: (message: string, about: object) => void;
};

/** Workers that are started at once to see what they do, before their runs are opened. */
const MOST_STARTING = 8;
/** Between two tries to read what a run was given, where that is kept elsewhere. */
const READ_AGAIN_MS = 5_000;

/** Runs of workers, from their start to their sealed end, over restarts of the node. */
export class WorkerRuns {
  readonly #options: WorkerRunsOptions;
  readonly #runs = new Map<string, WorkerRun>();
  /** Folders of runs by their sessions, for whoever looks at what an act is about. */
  readonly #folders = new Map<string, string>();
  readonly #held: HeldRuns;
  /** Those to be ended once they are taken up again. */
  readonly #cancelled = new Set<string>();
  readonly #opening = new Set<{ readonly own?: OwnStep }>();
  readonly #starting = new Places(MOST_STARTING);
  readonly #places = new Places(MOST_AT_WORK);
  readonly #stopping = new AbortController();
  #isSuspended = false;

  constructor(options: WorkerRunsOptions) {
    this.#options = options;
    this.#held = new HeldRuns(new KeptFile(join(options.home, 'data', 'held-runs.json')));
  }

  find(runId: string): WorkerRun | undefined {
    return this.#runs.get(runId);
  }

  folderOf(request: ActionRequest): string | undefined {
    return this.#folders.get(request.context.session_id ?? '');
  }

  /**
   * A person holds a run, lets it go on or ends it. A hold outlives the node; so does the wish that
   * it ends, as a hold, until its end is sealed. One that is not taken up again yet is told then.
   */
  say(runId: string, word: 'paused' | 'resumed' | 'cancelled'): void {
    this.#held.set(runId, word !== 'resumed');
    if (word === 'cancelled') this.#cancelled.add(runId);
    this.#runs.get(runId)?.take({ kind: word });
  }

  /** Before anything is taken up again: whose folder and whose acts are whose. */
  recall(): void {
    for (const head of openRuns(this.#options.reader)) {
      const { run_id, session_id, input_commitment } = head.run;
      this.#options.boundary.arrived(session_id);
      this.#options.contents.need(input_commitment);
      if (this.#held.isLost) this.#held.set(run_id, true);
      const given = this.#given(head.run);
      if (given.ok) this.#folders.set(session_id, given.value.workspace);
    }
  }

  /**
   * Whatever the last stop left in its midst goes on, or ends with why it cannot: in the order in
   * which they were opened.
   */
  resume(): void {
    const open = openRuns(this.#options.reader);
    const journals = recallAll(this.#options, open);
    for (const [head, journal] of journals) this.#takeUp(head, journal);
  }

  /** One whose input cannot be read now waits until it can, and keeps no other from going on. */
  #takeUp(head: WorkerRunHead, journal: RunJournal): void {
    if (this.#isSuspended) return;
    const { run } = head;
    const given = this.#given(run);
    if (given.ok) {
      this.#begin({ opened: run, given: given.value, journal });
      this.#options.log('a run goes on', { run: run.run_id });
    } else if (given.error.isForGood || this.#cancelled.has(run.run_id)) {
      void this.#giveUp(head, journal, given.error);
    } else setTimeout(() => this.#takeUp(head, journal), READ_AGAIN_MS).unref();
  }

  /** Once for a key, also over a kill: a second one under its id is refused by the log. */
  async open(asked: WorkerRunAsked, within?: RunWithin, keyed?: Keyed): Promise<Opened> {
    const next = within?.own === undefined ? {} : { own: within.own };
    const open = [...this.#runs.values()].map(({ opened }) => opened);
    if (!hasPlace(open, this.#opening, next)) {
      return refuse('run.too_many', 'a thousand runs are open already: wait for some, or end some');
    }
    this.#opening.add(next);
    try {
      return await this.#inTurn({ asked, within, keyed });
    } finally {
      this.#opening.delete(next);
    }
  }

  async #inTurn(wanted: RunWanted): Promise<Opened> {
    if (wanted.within?.own !== undefined) return this.#begun(wanted);
    const done = await this.#starting.next('', this.#stopping.signal);
    if (done === undefined) return refuse('run.stopping', 'the node stops');
    try {
      return await this.#begun(wanted);
    } finally {
      done();
    }
  }

  async #begun({ asked, within, keyed }: RunWanted): Promise<Opened> {
    const { unconfined = false } = asked;
    const workspace =
      within?.isCopy === true
        ? ok(asked.workspace)
        : await runFolder(asked.workspace, this.#options.home);
    if (!workspace.ok) return workspace;
    const from = within?.own === undefined ? this.#fromOf(asked) : ok({ own: within.own });
    if (!from.ok) return from;
    const begun = await beginWorker(from.value, { ...this.#options, isUnconfined: unconfined });
    if (!begun.ok) return begun;
    const { host } = begun.value;
    const unleasable = asked.leased && wrongInLeased(begun.value, this.#options.leasing);
    if (unleasable) {
      await host.close();
      return err(unleasable);
    }
    const input = asked.input as Json;
    const labels = within === undefined ? {} : { labels: within.labels };
    const about = {
      workspace: workspace.value,
      unconfined,
      seed: randomBytes(32).toString('hex'),
      ...(keyed && { asked: keyed.request }),
    };
    const given = { ...from.value, input, ...about, ...labels };
    const task = taskFor(host, asked);
    const { own: _, ...bounds } = within ?? {};
    const bounded = { ...begun.value, ...bounds, ...(keyed && { runId: keyed.id }) };
    const sealed = task.ok ? await this.#seal(asked, task.value, bounded, given) : task;
    if (!sealed.ok) {
      await host.close();
      return sealed;
    }
    const { opened, isKept } = sealed.value;
    const journal = new RunJournal(this.#options, opened.run_id);
    const beginning = { opened, given, journal, input, isKept };
    if (within?.own !== undefined) return ok(this.#begin({ ...beginning, started: { host } }));
    const isHere = !this.#isSuspended && !asked.leased;
    const leave = isHere ? this.#places.take() : undefined;
    // Until it is its turn it needs no process.
    if (leave === undefined) await host.close();
    const started = leave && { started: { host, leave } };
    return ok(this.#begin({ ...beginning, ...started }));
  }

  /** An installed one by its whole name, so that it is the same when the run goes on. */
  #fromOf({ path = '', installed }: WorkerRunAsked): Result<WorkerFrom, Rejection> {
    if (installed === undefined) return ok({ path });
    const found = this.#options.installs.find(installed);
    return found.ok ? ok({ installed: found.value.manifest.id }) : found;
  }

  /** They go on at the next start. */
  suspend(): void {
    this.#isSuspended = true;
    this.#stopping.abort();
    for (const run of this.#runs.values()) run.suspend();
  }

  async #seal(
    asked: WorkerRunAsked,
    task: Task,
    begun: BegunWorker & Omit<Partial<RunWithin>, 'own'>,
    given: Given,
  ): Promise<Result<Sealed, Rejection>> {
    const { reader, contents, writer } = this.#options;
    const { contract } = asked;
    const { agent_id, managed, own, confinement } = begun;
    const session_id = begun.sessionId ?? digestBytes(randomBytes(32));
    const kept = contents.output(keptAs({ agent_id, session_id }, session_id), given);
    if (kept === undefined) return refuse('canon.refused', 'an input is JSON');
    const { put } = kept;
    if (put?.digests.length === 0) return refuse('run.input_not_kept', 'its input cannot be kept');
    const selected = {
      worker_id: begun.worker_id,
      program_hash: begun.program_hash,
      task: taskEnvelope(asked, task, { ...begun, at: reader.chainTime() }),
    } satisfies Partial<OpenWorkerRun>;
    const run_id = begun.runId ?? `run_${randomBytes(16).toString('hex')}`;
    const opening: OpenWorkerRun = {
      run_id,
      ...selected,
      ...{ agent_id, session_id, input_commitment: kept.commitment },
      task_schema_hash: task.schemaHash,
      confinement,
      provider_selection_commit: providerSelectionOf(selected),
      ...(managed === undefined ? {} : { managed }),
      ...(own === undefined ? {} : { own }),
      ...(begun.approval === undefined ? {} : { approval: begun.approval }),
      ...(contract === undefined ? {} : { contract }),
      ...(given.seed === undefined
        ? {}
        : { seed_commit: seedCommitOf({ run_id, seed: given.seed }) }),
      ...(asked.leased ? { execution: 'leased' as const } : {}),
    };
    // Before the log names it: nobody reads its seed until it is over.
    contents.need(kept.commitment);
    const sealed = await writer.submit(OPEN_WORKER_RUN, opening, {}, put?.beside);
    contents.settle(put, sealed.ok);
    if (!sealed.ok) contents.letGo(kept.commitment);
    return sealed.ok ? ok({ opened: opening, isKept: put !== undefined }) : sealed;
  }

  #begin({ opened, given, input, isKept = true, journal, started }: Beginning): WorkerRun {
    const { boundary, contents } = this.#options;
    const { agent_id, session_id } = opened;
    contents.need(opened.input_commitment);
    const from = withoutInput(given);
    const { workspace, seed, labels = [] } = from;
    const source = { server: WORKER_SERVER, target: 'graph::step', labels: [...labels] };
    const newSession = () => new Session(agent_id, opened.task.objective, session_id as Digest);
    let atHand = input;
    const giveInput: RunGiven['giveInput'] = (session) => {
      const told = atHand === undefined ? this.#inputOf(opened) : ok(atHand);
      if (told.ok && labels.length > 0) session.evidence.given(source, told.value);
      return told;
    };
    const options = {
      ...this.#options,
      places: this.#places,
      isHeld: (runId: string) => this.#held.has(runId),
      onEnded: (ended: WorkerRun) => this.#ended(ended),
    };
    const start = () => this.#started(opened, from);
    const about = { opened, giveInput, workspace, seed, journal, newSession, start };
    const run = new WorkerRun(options, about);
    this.#folders.set(session_id, workspace);
    this.#runs.set(opened.run_id, run);
    boundary.arrived(session_id);
    this.#options.events.emit('session.started', agent_id, { run_id: opened.run_id });
    if (this.#cancelled.has(opened.run_id)) run.take({ kind: 'cancelled' });
    run.begin(started);
    // One that begins at once has been told it by now.
    if (isKept) atHand = undefined;
    if (this.#isSuspended) run.suspend();
    return run;
  }

  #ended({ opened, run: { state } }: WorkerRun): void {
    const { run_id, agent_id, session_id } = opened;
    this.#runs.delete(run_id);
    this.#folders.delete(session_id);
    this.#letGo(opened);
    const kind = state === 'completed' ? 'run.completed' : 'run.failed';
    this.#options.events.emit(kind, agent_id, { run_id, state });
  }

  #letGo({ run_id: run, input_commitment }: OpenWorkerRun): void {
    this.#cancelled.delete(run);
    this.#options.contents.letGo(input_commitment);
    try {
      this.#held.set(run, false);
    } catch (fault) {
      this.#options.log('a hold was not taken off the disk', { run, fault: String(fault) });
    }
  }

  /** The same program for the same task as when it was opened, or none. */
  async #started(opened: OpenWorkerRun, given: GivenFrom): Promise<Result<WorkerHost, Rejection>> {
    const starting = { ...this.#options, isUnconfined: given.unconfined };
    const begun = await beginWorker(given, starting, opened);
    if (!begun.ok) return begun;
    const { host } = begun.value;
    const { objective } = opened.task;
    const task = schemaOf(host.description.tasks.find(({ name }) => name === objective));
    if (task !== opened.task_schema_hash) {
      await host.close();
      return refuse('run.worker_changed', `${objective} takes or returns something else by now`);
    }
    if (opened.execution === undefined) return ok(host);
    await host.close();
    return leasedHost(begun.value, opened, this.#options.leasing);
  }

  async #giveUp({ run }: WorkerRunHead, journal: RunJournal, why: RecordGone): Promise<void> {
    const isSealed = await sealLost(run, journal, {
      ...this.#options,
      why,
      isStopped: () => this.#isSuspended,
    });
    if (isSealed) this.#letGo(run);
  }

  #inputOf(opened: OpenWorkerRun): ReturnType<RunGiven['giveInput']> {
    const given = this.#given(opened);
    if (given.ok) return ok(given.value.input);
    const { code, detail } = given.error;
    return err({ code, detail });
  }

  /** What is kept and cannot be read is no reason for the node to stop. */
  #given(opened: OpenWorkerRun): Result<Given, RecordGone & { readonly isForGood: boolean }> {
    try {
      const kept = keptGiven(this.#options.contents, opened);
      return kept.ok ? kept : err({ ...kept.error, isForGood: true });
    } catch (fault) {
      this.#options.log('an input was not read', { run: opened.run_id, fault: String(fault) });
      return err({ ...recordUnread(fault), isForGood: false });
    }
  }
}

type Opened = Result<WorkerRun, Rejection>;

type Sealed = { readonly opened: OpenWorkerRun; readonly isKept: boolean };

type Beginning = {
  readonly opened: OpenWorkerRun;
  readonly given: GivenFrom;
  /** Held until its turn only where contents are not kept: else it is read then. */
  readonly input?: Json;
  readonly isKept?: boolean;
  readonly journal: RunJournal;
  /** Absent where it waits for its turn. */
  readonly started?: Started;
};

function refuse(code: string, message: string): { readonly ok: false; readonly error: Rejection } {
  return err({ code, message });
}
