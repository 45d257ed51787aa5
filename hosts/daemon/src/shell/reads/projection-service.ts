import { join } from 'node:path';
import {
  builtInProjections,
  headsOf,
  preconditionsOf,
  type Table,
  tableOf,
  watermarkText,
} from '@ioi/agentgres';
import {
  checkpointOf,
  type Delivery,
  ProjectionEngine,
  type ProjectionFile,
  type ProjectionNews,
  type ProjectionState,
  type RowsRead,
  readRows,
  type SealedLog,
  Snapshots,
  Subscriptions,
} from '@ioi/agentgres/shell';
import { decodeBase64, encodeHex, err, ok, type Result } from '@ioi/basis';
import { parseCheckpoint, parseNote } from '@ioi/crypto';
import type { ProjectionDefinition, ProjectionsPage, QueryRequest, Rejection } from '@ioi/protocol';
import { DefinitionFolder } from './definition-folder.ts';
import type {
  Answer,
  ProjectionData,
  QueryAsk,
  Question,
  Questions,
  SealedNow,
  SubscribeAsk,
} from './projection-messages.ts';
import { SearchKeeper } from './search-keeper.ts';

export type ServiceOptions = ProjectionData & {
  readonly log: SealedLog;
  readonly now: () => number;
  readonly say: (message: string, about: object) => void;
  readonly tell: (deliveries: readonly Delivery[]) => void;
};

type Listed = ProjectionsPage['projections'][number];
type Waiting = { readonly atLeast: number; readonly projection: string; readonly go: () => void };

const USER_DEFINED_MAX = 64;
/** How long a projection that nobody asked for before may take until it serves. */
const WAKE_MS = 30_000;

/** Everything the projection thread does for one domain: fold, answer, tell. */
export class ProjectionService {
  readonly #options: ServiceOptions;
  readonly #engine: ProjectionEngine;
  readonly #subscriptions: Subscriptions;
  readonly #snapshots: Snapshots;
  readonly #definitions: DefinitionFolder;
  readonly #userDefined = new Map<string, Table>();
  /** Built-in ones that nobody asked for yet: no file, nothing to fold. */
  readonly #dormant = new Map<string, Table>();
  readonly #waiting = new Set<Waiting>();
  readonly #search: SearchKeeper;
  #note = '';
  #isPumping = false;

  constructor(options: ServiceOptions) {
    this.#options = options;
    const { folder, domain, log, say } = options;
    const onNews = (news: ProjectionNews): void => this.#tell(news);
    const projections = join(folder, 'projections');
    this.#engine = new ProjectionEngine({ folder: projections, domain, log, say, onNews });
    const checkpoints = (): string[] => (this.#note === '' ? [] : [this.#note]);
    this.#subscriptions = new Subscriptions({ engine: this.#engine, log, domain, checkpoints });
    this.#snapshots = new Snapshots(options.now);
    this.#definitions = new DefinitionFolder(join(projections, 'definitions'));
    for (const definition of builtInProjections) this.#addBuiltIn(definition);
    for (const definition of this.#definitions.load()) this.#restore(definition);
    this.#engine.prune();
    const { isOnDemand, now } = options;
    this.#search = new SearchKeeper({ folder: projections, log, isOnDemand, now, say });
  }

  #addBuiltIn(definition: ProjectionDefinition): void {
    const table = tableOf(definition);
    if (!table.ok) throw new Error(table.error.message);
    const { isOnDemand } = this.#options;
    if (!isOnDemand || this.#engine.isKept(table.value)) this.#engine.define(definition);
    else this.#dormant.set(definition.projection, table.value);
  }

  /** Folds a dormant projection for whoever asks for it first. */
  #wake(projection: string): void {
    const table = this.#dormant.get(projection);
    if (table === undefined) return;
    this.#dormant.delete(projection);
    this.#engine.define(table.definition);
    void this.#pump();
  }

  #restore(definition: unknown): void {
    const table = this.#allowed(definition);
    if (!table.ok) {
      this.#options.say('a projection is left out', { reason: table.error.message });
      return;
    }
    this.#engine.define(definition);
    this.#userDefined.set(table.value.definition.projection, table.value);
  }

  /** The log is sealed up to here; the note says so, and under which root. */
  sealed({ size, note, attendance }: Omit<SealedNow, 'kind' | 'domain'>): void {
    const parsed = parseNote(note);
    const checkpoint = parsed.ok ? parseCheckpoint(parsed.value.text) : undefined;
    const root = checkpoint?.ok ? decodeBase64(checkpoint.value.root) : undefined;
    if (!checkpoint?.ok || checkpoint.value.size !== size || root === undefined) return;
    this.#note = note;
    this.#engine.sealed({ size, root: `sha256:${encodeHex(root)}` }, attendance);
    this.#search.sealed(size);
    void this.#pump();
  }

  /** Folds in steps, so that whoever asks meanwhile is answered between them. */
  async #pump(): Promise<void> {
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (this.#engine.step()) {
      this.#release();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#isPumping = false;
    this.#release();
  }

  #release(): void {
    for (const waiting of this.#waiting) if (this.#has(waiting)) waiting.go();
  }

  #has({ atLeast, projection }: Pick<Waiting, 'atLeast' | 'projection'>): boolean {
    return (this.#engine.get(projection)?.serving?.mark.size ?? -1) >= Math.max(atLeast, 1);
  }

  #tell(news: ProjectionNews): void {
    const deliveries = this.#subscriptions.route(news);
    if (deliveries.length > 0) this.#options.tell(deliveries);
  }

  leave(subscriber: number): void {
    this.#subscriptions.remove(subscriber);
  }

  /** Rejections are answers; only subscriptions and reads may wait. */
  async answer<K extends Question>(question: K, ask: Questions[K]['ask']): Promise<Answer<K>> {
    const answers: {
      [Q in Question]: (ask: Questions[Q]['ask']) => Answer<Q> | Promise<Answer<Q>>;
    } = {
      query: (each) => this.#query(each),
      list: () => ok(this.#list()),
      define: ({ definition }) => this.#define(definition),
      remove: ({ projection }) => this.#remove(projection),
      rebuild: ({ projection }) => this.#rebuild(projection),
      checkpoint: ({ projection }) => this.#checkpoint(projection),
      search: (each) => this.#search.answer(each),
      subscribe: (each) => this.#subscribe(each),
    };
    return answers[question](ask);
  }

  async #query({ request, atLeast, awaitMs, readBy }: QueryAsk): Promise<Answer<'query'>> {
    const { projection, snapshot, consistency } = request;
    this.#wake(projection);
    const state = this.#engine.get(projection);
    if (state === undefined) return unknown(projection);
    if (snapshot !== undefined) return answered(this.#snapshots.read(snapshot, request));
    await this.#until({ projection, atLeast }, awaitMs);
    const file = this.#engine.get(projection)?.serving;
    if (file === undefined || !this.#has({ projection, atLeast })) {
      return this.#late(projection, atLeast);
    }
    const read = this.#read(file, request, readBy);
    if (!read.ok || consistency !== 'serializable_domain') return answered(read, file.table);
    const preconditions = preconditionsOf(file.table, read.value.query, file.mark.size - 1);
    if (preconditions === undefined) {
      const message = `${projection} does not say which heads it is read from`;
      return err({ code: 'consistency.no_heads', message });
    }
    const answer = { ...read.value.answer, preconditions };
    return answered(ok({ ...read.value, answer }), file.table);
  }

  async #subscribe(each: SubscribeAsk): Promise<Answer<'subscribe'>> {
    await this.#serves(each.projection);
    return this.#subscriptions.add(each);
  }

  /** Resolves when a projection serves, or is not known, or takes too long. */
  async #serves(projection: string): Promise<void> {
    this.#wake(projection);
    if (this.#engine.get(projection) === undefined) return;
    await this.#until({ projection, atLeast: 1 }, WAKE_MS);
  }

  #read(file: ProjectionFile, request: QueryRequest, readBy?: string): Result<RowsRead, Rejection> {
    try {
      const isSnapshot = request.consistency === 'snapshot_consistent';
      return isSnapshot ? this.#snapshots.open(file, request, readBy) : readRows(file, request);
    } catch (fault) {
      this.#engine.distrust(request.projection, fault);
      void this.#pump();
      const message = `the file of ${request.projection} cannot be read; it is folded again`;
      return err({ code: 'projection.fault', message });
    }
  }

  #until(wanted: Pick<Waiting, 'atLeast' | 'projection'>, awaitMs: number): Promise<void> {
    if (this.#has(wanted)) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(waiting);
        resolve();
      };
      const waiting = { ...wanted, go: end };
      const timer = setTimeout(end, awaitMs);
      this.#waiting.add(waiting);
    });
  }

  #late(projection: string, atLeast: number): Result<never, Rejection> {
    const { fault } = this.#engine;
    if (fault) return err({ code: fault.code, message: fault.message });
    const size = this.#engine.get(projection)?.serving?.mark.size ?? 0;
    const here = size === 0 ? 'nothing yet' : watermarkText(size - 1);
    const wanted = atLeast === 0 ? 'anything' : watermarkText(atLeast - 1);
    const message = `${projection} reflects ${here}, not ${wanted}, and the time is up`;
    return err({ code: 'consistency.timeout', message });
  }

  #list(): ProjectionsPage {
    const size = this.#engine.sealedSize;
    const woken = this.#engine.list().map((state) => this.#listed(state, size));
    const dormant = [...this.#dormant.values()].map((table) => {
      return { ...aboutOf(table), ...BUILT_IN, state: 'dormant' as const, lag: size, rows: 0 };
    });
    return { size, projections: [...woken, ...dormant] };
  }

  #listed({ table, serving, building }: ProjectionState, size: number): Listed {
    const at = serving?.mark.size ?? 0;
    const running = serving ? (building ? 'rebuilding' : 'serving') : 'building';
    const isUsers = this.#userDefined.has(table.definition.projection);
    return {
      ...aboutOf(table),
      ...(isUsers ? { origin: 'user' } : BUILT_IN),
      state: this.#engine.fault ? 'stopped' : running,
      ...(at === 0 ? {} : { watermark: watermarkText(at - 1) }),
      lag: size - at,
      ...(building ? { building_size: building.mark.size } : {}),
      rows: serving?.count() ?? 0,
    };
  }

  /** A definition that may be added: of this domain or of all, under a free name. */
  #allowed(definition: unknown): Result<Table, Rejection> {
    const table = tableOf(definition);
    if (!table.ok) return table;
    const { projection } = table.value.definition;
    if (builtInProjections.some((each) => each.projection === projection)) {
      const message = `${projection} is built in: choose another name`;
      return err({ code: 'projection.reserved', message });
    }
    const [, , authority = ''] = projection.split('/');
    const own = this.#options.domain.slice('agentgres://domain/'.length);
    if (authority === '*' || authority === own) return table;
    const message = `this domain is ${own}: write projection://${own}/… or projection://*/…`;
    return err({ code: 'projection.other_domain', message });
  }

  #define(definition: unknown): Answer<'define'> {
    const table = this.#allowed(definition);
    if (!table.ok) return table;
    const { projection } = table.value.definition;
    const earlier = this.#userDefined.get(projection);
    if (earlier === undefined && this.#userDefined.size >= USER_DEFINED_MAX) {
      const message = `there are ${USER_DEFINED_MAX} already: remove one first`;
      return err({ code: 'projection.too_many', message });
    }
    this.#definitions.save(table.value);
    if (earlier && earlier.hash !== table.value.hash) this.#definitions.remove(earlier.hash);
    this.#userDefined.set(projection, table.value);
    const defined = this.#engine.define(definition);
    void this.#pump();
    return defined.ok ? ok({ projection }) : defined;
  }

  #remove(projection: string): Answer<'remove'> {
    const table = this.#userDefined.get(projection);
    if (table === undefined) return unknown(projection);
    this.#definitions.remove(table.hash);
    this.#userDefined.delete(projection);
    this.#options.tell(this.#subscriptions.end(projection, 'the projection was removed'));
    const removed = this.#engine.remove(projection);
    return removed.ok ? ok({ projection }) : removed;
  }

  #rebuild(projection: string): Answer<'rebuild'> {
    this.#wake(projection);
    const rebuilt = this.#engine.rebuild(projection);
    void this.#pump();
    return rebuilt.ok ? ok({ projection }) : rebuilt;
  }

  async #checkpoint(projection: string): Promise<Answer<'checkpoint'>> {
    await this.#serves(projection);
    const file = this.#engine.get(projection)?.serving;
    return file && file.mark.size > 0 ? ok(checkpointOf(file)) : unknown(projection);
  }

  close(): void {
    this.#search.close();
    this.#snapshots.close();
    this.#engine.close();
  }
}

const BUILT_IN = { origin: 'built_in' } as const;

/** What a definition says of itself. */
function aboutOf({ definition, hash, columns }: Table) {
  const { projection, version, kind, summary } = definition;
  const named = columns.map(({ name, type }) => ({ name, type }));
  return { projection, version, kind, definition_hash: hash, summary, columns: named };
}

function answered(read: Result<RowsRead, Rejection>, table?: Table): Answer<'query'> {
  if (!read.ok) return read;
  const heads = table ? headsOf(table, read.value.rows) : [];
  return ok({ answer: read.value.answer, heads });
}

function unknown(projection: string): Result<never, Rejection> {
  return err({ code: 'projection.unknown', message: `there is no projection ${projection}` });
}
