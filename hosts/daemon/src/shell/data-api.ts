import { type Artifact, keptArtifactOf } from '@ioi/agentgres';
import type { ArtifactStore, Mover } from '@ioi/agentgres/shell';
import { type Digest, isDigest } from '@ioi/canon';
import { contentKeys, type ForgottenHead } from '@ioi/law';
import type { DataOverview, DataReceipt, KeptContent, SelectedContents } from '@ioi/protocol';
import type { Hono } from 'hono';
import {
  artifactClasses,
  DAY_MS,
  type Disk,
  daysLeft,
  growthPerDay,
  headroomWarning,
  readSelector,
} from '../core/index.ts';
import type { Contents } from './contents.ts';
import { type DiskUse, diskUse, volumeOf } from './disk-use.ts';
import type { Forgetting } from './forgetting.ts';
import type { HeadReader } from './head-reader.ts';
import { problem } from './problem.ts';
import type { RetentionFile } from './retention-file.ts';

export type DataOptions = {
  /** The data folder. */
  readonly folder: string;
  readonly store: ArtifactStore;
  readonly reader: HeadReader;
  readonly forgetting: Forgetting;
  readonly retention: RetentionFile;
  readonly mover: Mover;
  readonly contents: Pick<Contents, 'damaged'>;
};

/** Contents one answer lists, and one call names. */
const MOST_LISTED = 10_000;
const MOST_HOLDS = 100_000;
const LOOK_MS = 60_000;
/** What growth is measured over. */
const WINDOW_MS = 7 * DAY_MS;

type Body = Readonly<Record<string, unknown>>;

/** What is kept and forgotten, for whoever may use the socket. */
export function addDataRoutes(app: Hono, options: DataOptions): void {
  const post = (path: string, answer: (body: Body) => Promise<Response> | Response): void => {
    app.post(path, async (context) => {
      const body: unknown = await context.req.json().catch(() => undefined);
      const isObject = typeof body === 'object' && body !== null;
      return isObject ? answer(body as Body) : refused('the body is not a JSON object');
    });
  };
  app.get('/v1/data', (context) => context.json(overviewOf(options)));
  post('/v1/data/select', (body) => select(options, body));
  post('/v1/data/forget', (body) => forget(options, body));
  post('/v1/data/hold', (body) => setHold(options, 'content/hold', body));
  post('/v1/data/release', (body) => setHold(options, 'content/release', body));
  post('/v1/data/retain', (body) => retain(options, body));
}

type DiskSeen = {
  readonly use: DiskUse;
  readonly volume: Disk;
  readonly warning: string | undefined;
};

/** Tells of a disk that fills up; looks no more than once a minute, however often it is asked. */
export class DiskWatch {
  readonly #options: DataOptions;
  #looked: number | undefined;
  #seen: DiskSeen | undefined;

  constructor(options: DataOptions) {
    this.#options = options;
  }

  warning(): string | undefined {
    return this.look().warning;
  }

  look(): DiskSeen {
    const now = performance.now();
    const isFresh = this.#looked !== undefined && now - this.#looked < LOOK_MS;
    if (isFresh && this.#seen !== undefined) return this.#seen;
    this.#looked = now;
    const { folder } = this.#options;
    const use = diskUse(folder);
    const volume = volumeOf(folder);
    const warning = headroomWarning(volume, growthOf(this.#options, use.log));
    this.#seen = { use, volume, warning };
    return this.#seen;
  }
}

function overviewOf(options: DataOptions): DataOverview {
  const { folder, store, reader, retention } = options;
  const totals = new Map(store.totals().map((each) => [each.artifactClass, each]));
  const held = reader.headsOf('hold', '', MOST_HOLDS).map(({ id }) => store.artifact(id));
  const use = diskUse(folder);
  const volume = volumeOf(folder);
  const growth = growthOf(options, use.log);
  const days = daysLeft(volume, growth);
  const warning = headroomWarning(volume, growth);
  return {
    classes: artifactClasses.map((artifactClass) => {
      const total = totals.get(artifactClass);
      return {
        artifact_class: artifactClass,
        count: total?.count ?? 0,
        bytes: total?.bytes ?? 0,
        held: held.filter((each) => each?.artifactClass === artifactClass).length,
        ...(total ? { oldest: String(total.oldest) } : {}),
        ...retention.retention[artifactClass],
      };
    }),
    disk: {
      log_bytes: use.log,
      heads_bytes: use.heads,
      artifacts_bytes: use.artifacts,
      other_bytes: use.other,
      free_bytes: volume.freeBytes,
      total_bytes: volume.totalBytes,
      growth_bytes_per_day: growth,
      ...(days === undefined ? {} : { days_left: days }),
    },
    ...bucketOf(options),
    ...damagedIn(options),
    ...(warning === undefined ? {} : { warning }),
  };
}

function damagedIn({ contents: { damaged } }: DataOptions): Pick<DataOverview, 'damaged'> {
  return damaged.length === 0 ? {} : { damaged: [...damaged] };
}

/** Nothing where no content was ever kept in a bucket. */
function bucketOf({ mover }: DataOptions): Pick<DataOverview, 'bucket'> {
  const totals = mover.totals();
  if (totals === undefined) return {};
  const { place, isHomeward, stored, waiting, local, doomed, spoolBytes, trouble } = totals;
  const told = trouble && { ...trouble, since: String(trouble.since) };
  const about = { place, moving: isHomeward ? ('home' as const) : ('there' as const) };
  const numbers = { stored, waiting, local, doomed, spool_bytes: spoolBytes };
  return { bucket: { ...about, ...numbers, ...(told ? { trouble: told } : {}) } };
}

/** Of log and contents together, over the last days or as long as there is a log. */
function growthOf({ store, reader }: DataOptions, logBytes: number): number {
  const now = reader.chainTime();
  const begun = Number(reader.entry(0)?.chain_time ?? now);
  const since = Math.max(now - WINDOW_MS, begun);
  const entries = reader.size - firstAfter(reader, since);
  const log = reader.size === 0 ? 0 : (logBytes / reader.size) * entries;
  return growthPerDay(log + store.bytesSince(since), now - since);
}

/** Chain Time only moves forward, so the place is found by halving. */
function firstAfter(reader: HeadReader, time: number): number {
  let [low, high] = [0, reader.size];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (Number(reader.entry(middle)?.chain_time) > time) high = middle;
    else low = middle + 1;
  }
  return low;
}

function select(options: DataOptions, { terms }: Body): Response {
  const { store, reader, forgetting } = options;
  const query = readSelector(Array.isArray(terms) ? terms : [], reader.chainTime());
  if (!query.ok) return refused(query.error);
  const found = store.select(query.value, MOST_LISTED + 1);
  const asked = query.value.digestPrefix ?? '';
  const forgotten = reader.get<ForgottenHead>(contentKeys.forgotten(asked));
  const contents = found.slice(0, MOST_LISTED).map((artifact): KeptContent => {
    const spared = forgetting.sparedBy(artifact);
    const matters = forgetting.matters(artifact.digest);
    return {
      ...keptArtifactOf(artifact),
      matters,
      ...(spared === undefined ? {} : { spared_by: spared }),
    };
  });
  const answer: SelectedContents = {
    contents,
    more: found.length > MOST_LISTED,
    ...(forgotten ? { forgotten_seq: forgotten.seq } : {}),
  };
  return Response.json(answer);
}

async function forget(options: DataOptions, body: Body): Promise<Response> {
  const { reason } = body;
  const artifacts = artifactsIn(options, body);
  if (!artifacts) return refused('digests must name contents that are kept, each once');
  if (!isName(reason)) return refused('reason must be a text of up to 256 characters');
  const authority = 'operator';
  const forgotten = await options.forgetting.forget(artifacts, { reason, authority });
  if (forgotten.ok) return Response.json(forgotten.value satisfies DataReceipt);
  return problem(forgotten.error.code, forgotten.error.message, 409);
}

async function setHold(
  options: DataOptions,
  operation: 'content/hold' | 'content/release',
  body: Body,
): Promise<Response> {
  const { matter } = body;
  const artifacts = artifactsIn(options, body);
  if (!artifacts) return refused('digests must name contents that are kept, each once');
  if (!isName(matter)) return refused('matter must be a text of up to 256 characters');
  const digests = artifacts.map(({ digest }) => digest);
  const sealed = await options.forgetting.setHold(operation, digests, matter);
  if (!sealed.ok) return problem(sealed.error.code, sealed.error.message, 409);
  const bytes = artifacts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return Response.json({ digests, bytes, receipts: sealed.value } satisfies DataReceipt);
}

function retain({ retention }: DataOptions, body: Body): Response {
  const { artifact_class: name, ...rule } = body;
  const artifactClass = artifactClasses.find((each) => each === name);
  if (!artifactClass) return refused(`classes are ${artifactClasses.join(', ')}`);
  const changed = retention.change(artifactClass, rule);
  return changed.ok ? Response.json(changed.value[artifactClass]) : refused(changed.error);
}

/** Undefined unless every digest is one of a content that is kept, and named once. */
function artifactsIn({ store }: DataOptions, { digests }: Body): Artifact[] | undefined {
  if (!Array.isArray(digests) || digests.length === 0 || digests.length > MOST_LISTED) {
    return undefined;
  }
  if (!digests.every(isDigest) || new Set(digests).size < digests.length) return undefined;
  const artifacts = digests.map((digest: Digest) => store.artifact(digest));
  return artifacts.every((each) => each !== undefined) ? artifacts : undefined;
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= 256;
}

function refused(message: string): Response {
  return problem('data.not_understood', message, 400);
}
