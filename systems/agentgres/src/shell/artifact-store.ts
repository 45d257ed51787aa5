import { createHmac } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { finish, type Pausing } from '@ioi/basis';
import { type Digest, digestBytes } from '@ioi/canon';
import type { ArtifactClass } from '@ioi/protocol';
import { Database, type Row } from '@ioi/sqlite';
import type { Artifact, ArtifactQuery, ClassTotal } from '../core/artifact.ts';
import type { Beside } from '../core/index.ts';
import {
  artifactIn,
  artifactOf,
  besideOf,
  type Written,
  whereOf,
  writtenIn,
} from './artifact-rows.ts';
import { AWAY_SCHEMA, AwayObjects } from './bucket/away-objects.ts';
import { KeySlots } from './key-slots.ts';
import { openContent, removeOthers, type Sealed, sealing, syncFolder } from './sealed-file.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS artifacts (
    digest TEXT PRIMARY KEY, class TEXT NOT NULL, media_type TEXT NOT NULL,
    request_hash TEXT NOT NULL, agent_id TEXT NOT NULL, size INTEGER NOT NULL,
    created INTEGER NOT NULL, slot INTEGER NOT NULL, state TEXT NOT NULL, file TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS by_age ON artifacts (class, created, size);
  DROP INDEX IF EXISTS by_request;
  DROP INDEX IF EXISTS by_agent;
  CREATE INDEX IF NOT EXISTS unsettled ON artifacts (state) WHERE state <> 'kept';
  CREATE TABLE IF NOT EXISTS sealed (digest TEXT PRIMARY KEY, bytes BLOB NOT NULL)
    STRICT, WITHOUT ROWID;
  ${AWAY_SCHEMA}
`;
const FORMAT = 1;

/**
 * `new`: on disk, and nothing in the log refers to it yet. `kept`: the log does. `condemned`: the
 * log is about to say, or says, that it is forgotten.
 */
export type ArtifactState = 'new' | 'kept' | 'condemned';

export type NewArtifact = Omit<Artifact, 'sizeBytes'> & {
  readonly content: Iterable<Uint8Array>;
  /** What somebody else keeps of its key: without it nothing in this folder opens it. */
  readonly half?: Uint8Array | undefined;
};

/** Bytes that are not what was put, or not there although they should be. */
class ArtifactFault extends Error {
  readonly code: 'artifact.other_content' | 'artifact.corrupt' | 'artifact.spool_full';

  constructor(code: ArtifactFault['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Bytes by digest, outside the log, each object encrypted under a key of its own. Destroying a
 * key forgets the object wherever copies of it lie, and no root, leaf or receipt changes.
 *
 * Order on disk. Putting: the key ahead of its use, a file where there is one; then whoever puts
 * it has the rest on disk beside the entry that refers to it, until many are written here at once.
 * Forgetting: the row is condemned; whoever asks seals that in the log; the key is
 * overwritten; the row goes.
 */
export class ArtifactStore {
  readonly #database: Database;
  readonly #keys: KeySlots;
  readonly #files: string;
  /** What was put and is not written here yet. */
  readonly #unwritten = new Map<string, Written>();
  readonly #toKeep = new Set<string>();
  /** Files whose bytes stand, or will stand, in a bucket. */
  readonly away: AwayObjects;

  /** Of what stands beside the log, what this store lacks is taken up. */
  constructor(folder: string, beside: readonly Beside[] = []) {
    this.#files = join(folder, 'objects');
    mkdirSync(this.#files, { recursive: true, mode: 0o700 });
    const path = join(folder, 'artifacts.db');
    const about = { format: FORMAT, durability: 'full', isAwaited: true } as const;
    this.#database = new Database({ path, schema: SCHEMA, ...about });
    this.#takeUp(beside);
    const slots = this.#database
      .all('SELECT slot FROM artifacts')
      .map((row) => Number(row['slot']));
    this.#keys = new KeySlots(join(folder, 'artifact-keys'), new Set(slots));
    const named = this.#database.all('SELECT file FROM artifacts WHERE file IS NOT NULL');
    removeOthers(this.#files, new Set(named.map((row) => String(row['file']))));
    this.away = new AwayObjects(this.#database, this.#files, () => this.write());
  }

  /**
   * All or nothing; faults when a content is not of its digest. On disk with the next `write`, or
   * before that with what it returns.
   */
  put(artifacts: readonly NewArtifact[]): Beside[] {
    const distinct = new Map(artifacts.map((artifact) => [artifact.digest, artifact]));
    const put: Written[] = [];
    try {
      for (const artifact of distinct.values()) put.push(...finish(this.#sealing(artifact)));
    } catch (fault) {
      this.#discard(put.filter(({ artifact }) => !this.#unwritten.has(artifact.digest)));
      throw fault;
    }
    if (put.some(({ sealed }) => 'file' in sealed.stands)) syncFolder(this.#files);
    for (const each of put) this.#unwritten.set(each.artifact.digest, each);
    return put.map(besideOf);
  }

  /** The same of one that is long, with pauses: others may be put meanwhile. */
  *putLarge(artifact: NewArtifact): Pausing<void> {
    if (this.artifact(artifact.digest)) return;
    for (const each of yield* this.#sealing(artifact)) {
      if (this.artifact(artifact.digest) === undefined) {
        if ('file' in each.sealed.stands) syncFolder(this.#files);
        this.#unwritten.set(artifact.digest, each);
        continue;
      }
      // Somebody was faster.
      this.#discard([each]);
    }
  }

  /** Put, and not written yet. */
  get unwritten(): number {
    return this.#unwritten.size;
  }

  /** All that was put is on disk here when it returns. */
  write(): void {
    if (this.#unwritten.size === 0 && this.#toKeep.size === 0) return;
    this.#database.transaction(() => {
      for (const each of this.#unwritten.values()) this.#insert(each);
      const sql = "UPDATE artifacts SET state = 'kept' WHERE digest = ? AND state = 'new'";
      for (const digest of this.#toKeep) this.#database.run(sql, digest);
    });
    this.#unwritten.clear();
    this.#toKeep.clear();
  }

  /** The log refers to these now; on disk with whatever is written next. */
  keep(digests: readonly string[]): void {
    for (const digest of digests) this.#toKeep.add(digest);
  }

  artifact(digest: string): Artifact | undefined {
    const unwritten = this.#unwritten.get(digest);
    if (unwritten) return unwritten.artifact;
    const row = this.#database.one('SELECT * FROM artifacts WHERE digest = ?', digest);
    return row && artifactIn(row);
  }

  /** The content in pieces; undefined when it is not held. Faults where it is not what was put. */
  content(digest: string, half?: Uint8Array): Iterable<Uint8Array> | undefined {
    if (this.#unwritten.has(digest)) this.write();
    const row = this.#database.one('SELECT * FROM artifacts WHERE digest = ?', digest);
    return row && this.#pieces(row, half);
  }

  /** Brings back what stands in a bucket alone; faults by name where it cannot be read there. */
  async recall(digest: string): Promise<void> {
    if (this.#unwritten.has(digest)) return;
    const row = this.#database.one('SELECT file FROM artifacts WHERE digest = ?', digest);
    if (typeof row?.['file'] === 'string') await this.away.recall(row['file']);
  }

  /** The content as text; undefined when it is not held. */
  text(digest: string, half?: Uint8Array): string | undefined {
    const pieces = this.content(digest, half);
    const text = pieces && Buffer.concat([...pieces]).toString('utf8');
    if (text === undefined || digestBytes(text) === digest) return text;
    throw new ArtifactFault('artifact.corrupt', `${digest} is not the content that was put`);
  }

  /** Oldest first, beginning after one of them; at most `limit`. */
  select(query: ArtifactQuery, limit: number, after?: Artifact): Artifact[] {
    this.write();
    const { where, values } = whereOf(query);
    const place = after ? ' AND (created, digest) > (?, ?)' : '';
    const from = after ? [after.created, after.digest] : [];
    const sql = `SELECT * FROM artifacts WHERE ${where}${place} ORDER BY created, digest LIMIT ?`;
    return this.#database.all(sql, ...values, ...from, limit).map(artifactIn);
  }

  totals(): ClassTotal[] {
    this.write();
    const sql =
      'SELECT class, count(*) AS count, sum(size) AS bytes, min(created) AS oldest ' +
      'FROM artifacts GROUP BY class ORDER BY class';
    return this.#database.all(sql).map((row) => ({
      artifactClass: row['class'] as ArtifactClass,
      count: Number(row['count']),
      bytes: Number(row['bytes']),
      oldest: Number(row['oldest']),
    }));
  }

  /** Bytes put since a Chain Time, of what is still there. */
  bytesSince(created: number): number {
    this.write();
    const sql = 'SELECT sum(size) AS bytes FROM artifacts WHERE created > ?';
    return Number(this.#database.one(sql, created)?.['bytes'] ?? 0);
  }

  /** What a stop left between store and log: for the log to decide. */
  unsettled(state: Exclude<ArtifactState, 'kept'>): Artifact[] {
    this.write();
    return this.#database.all('SELECT * FROM artifacts WHERE state = ?', state).map(artifactIn);
  }

  /** About to be forgotten: if the node stops here, it finds them again by this. */
  condemn(digests: readonly string[]): void {
    this.#setState(digests, 'condemned');
  }

  /** The log refused to forget them. */
  pardon(digests: readonly string[]): void {
    this.#setState(digests, 'kept');
  }

  /** Destroys the keys, then everything that named the objects; gone for good when it returns. */
  destroy(digests: readonly string[]): void {
    this.write();
    const sql = 'SELECT slot, file FROM artifacts WHERE digest = ?';
    const rows = digests
      .map((digest) => this.#database.one(sql, digest))
      .filter((row) => row !== undefined);
    const slots = rows.map((row) => Number(row['slot']));
    this.#keys.destroy(slots);
    this.#database.transaction(() => {
      for (const digest of digests) {
        this.#database.run('DELETE FROM artifacts WHERE digest = ?', digest);
        this.#database.run('DELETE FROM sealed WHERE digest = ?', digest);
      }
      for (const { file } of rows) if (file !== null) this.away.doom(String(file));
    });
    for (const { file } of rows) {
      // What is taken up again from beside the log has lost it already.
      if (file !== null) rmSync(join(this.#files, String(file)), { force: true });
    }
    this.#keys.release(slots);
    this.#database.emptyLog();
  }

  close(): void {
    this.write();
    this.#database.close();
    this.#keys.close();
  }

  *#sealing(artifact: NewArtifact): Pausing<Written[]> {
    const unwritten = this.#unwritten.get(artifact.digest);
    // Whoever puts it again may be the one whose entry is written first.
    if (unwritten) return [unwritten];
    if (this.artifact(artifact.digest)) return [];
    const { key, slot } = this.#keys.take();
    const { digest, content, half } = artifact;
    const sealed = yield* sealing(this.#files, { key: whole(key, half), digest }, content);
    const written = { artifact: artifactOf(artifact, sealed.size), sealed, slot };
    const isRoom = !('file' in sealed.stands) || this.away.await(sealed.stands.file, sealed.size);
    if (sealed.digest === digest && isRoom) return [written];
    this.#discard([written]);
    if (sealed.digest !== digest) {
      throw new ArtifactFault('artifact.other_content', `the content is not that of ${digest}`);
    }
    const message = 'too much waits to be written to the bucket; see why with: ioi data show';
    throw new ArtifactFault('artifact.spool_full', message);
  }

  /** Of what was sealed and is not taken nothing stays. */
  #discard(written: readonly Written[]): void {
    const slots = written.map(({ slot }) => slot);
    this.#keys.destroy(slots);
    for (const { sealed } of written) {
      if (!('file' in sealed.stands)) continue;
      rmSync(join(this.#files, sealed.stands.file), { force: true });
      this.away.leave(sealed.stands.file);
    }
    this.#keys.release(slots);
  }

  #insert({ artifact, slot, sealed }: Written): void {
    const { digest, artifactClass, mediaType, requestHash, agentId, created } = artifact;
    const file = 'file' in sealed.stands ? sealed.stands.file : null;
    this.#database.run(
      'INSERT INTO artifacts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      ...[digest, artifactClass, mediaType, requestHash, agentId, sealed.size],
      ...[created, slot, 'new', file],
    );
    if (!('inline' in sealed.stands)) return;
    this.#database.run('INSERT INTO sealed VALUES (?, ?)', digest, sealed.stands.inline);
  }

  /** For whoever put them to settle, as what a stop left half done. */
  #takeUp(beside: readonly Beside[]): void {
    const isThere = 'SELECT 1 FROM artifacts WHERE digest = ? OR slot = ?';
    this.#database.transaction(() => {
      // Of two with one slot the older was destroyed: the newest is asked first.
      for (const each of beside.toReversed()) {
        const written = writtenIn(each);
        const { digest } = written.artifact;
        if (this.#database.one(isThere, digest, written.slot) === undefined) this.#insert(written);
      }
    });
  }

  #setState(digests: readonly string[], state: ArtifactState): void {
    this.write();
    this.#database.transaction(() => {
      for (const digest of digests) {
        this.#database.run('UPDATE artifacts SET state = ? WHERE digest = ?', state, digest);
      }
    });
  }

  *#pieces(row: Row, half?: Uint8Array): Generator<Uint8Array, void> {
    const digest = row['digest'] as Digest;
    const corrupt = new ArtifactFault('artifact.corrupt', `${digest} does not open`);
    const key = this.#keys.get(Number(row['slot']));
    const stands = this.#standsOf(row);
    if (!key || !stands) throw corrupt;
    if ('file' in stands) this.away.bring(stands.file);
    try {
      for (const piece of openContent(
        this.#files,
        { key: whole(key, half), digest },
        { size: Number(row['size']), stands },
      )) {
        if (piece === undefined) throw corrupt;
        yield piece;
      }
    } catch (fault) {
      throw (fault as NodeJS.ErrnoException).code === 'ENOENT' ? corrupt : fault;
    }
  }

  #standsOf(row: Row): Sealed['stands'] | undefined {
    if (row['file'] !== null) return { file: String(row['file']) };
    const sql = 'SELECT bytes FROM sealed WHERE digest = ?';
    const bytes = this.#database.one(sql, String(row['digest']))?.['bytes'];
    return bytes instanceof Uint8Array ? { inline: bytes } : undefined;
  }
}

/** Whoever has one half of two can tell nothing of the key. */
function whole(key: Uint8Array, half: Uint8Array | undefined): Uint8Array {
  return half === undefined ? key : createHmac('sha256', key).update(half).digest();
}
