import { join } from 'node:path';
import { err, ok, type Result } from '@ioi/basis';
import { isDigest } from '@ioi/canon';
import { type VerifierRegistry, verifierRegistry } from '@ioi/crypto';
import { type BundleHead, checkPublication, keys, type OrganisationHead } from '@ioi/law';
import type { OrganisationPublication, OrganisationSource, Rejection } from '@ioi/protocol';
import { EVERY_MS, isEvery, nextLookMs } from '../../core/index.ts';
import type { HeadReader } from '../head-reader.ts';
import { KeptFile } from '../mcp/kept-file.ts';
import type { Writer } from '../writer.ts';
import { type FetchPublication, fetchPublication } from './fetch-publication.ts';
import { sealBundle } from './seal-bundle.ts';

export type FollowerOptions = {
  readonly file: KeptFile;
  readonly reader: HeadReader;
  readonly writer: Writer;
  readonly log: (message: string, about: object) => void;
  /** Another way to fetch, for tests. */
  readonly fetchFrom?: FetchPublication;
};

/** A source, and whose bundles are looked for there. */
export type Wanted = Pick<OrganisationSource, 'source' | 'key_id'>;

type Following = Omit<OrganisationSource, 'next'>;

/** Looks where an organisation publishes, and has what is newer sealed. One source at a time. */
export class OrganisationFollower {
  readonly #options: FollowerOptions;
  readonly #registry: VerifierRegistry = verifierRegistry();
  #following: Following | undefined;
  #timer: NodeJS.Timeout | undefined;
  #next = 0;
  /** One look at a time: what a later one finds is never older than what an earlier sealed. */
  #busy: Promise<unknown> = Promise.resolve();

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** From what was kept. A file that cannot be read is put aside: what is in force stays. */
  start(): void {
    const { file, log } = this.#options;
    try {
      this.#following = followingIn(file);
    } catch (fault) {
      log('where the organisation publishes is forgotten', { fault: String(fault) });
      file.setAside();
    }
    if (this.#following) this.#wait(0);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  status(): OrganisationSource | undefined {
    const following = this.#following;
    return following && { ...following, next: new Date(this.#next).toISOString() };
  }

  /** What is published there, verified. Nothing changes. */
  async look(wanted: Wanted): Promise<Result<OrganisationPublication, Rejection>> {
    const checked = await this.#check(wanted);
    return checked.ok ? ok(checked.value.publication) : checked;
  }

  /** Looks there from now on, once the first look succeeded. */
  async follow(wanted: Wanted, every = EVERY_MS): Promise<Result<boolean, Rejection>> {
    if (!isEvery(every)) {
      const message = 'every_ms is from 2 seconds to a day';
      return err({ code: 'organisation.source_invalid', message });
    }
    const accepted = await this.#alone(() => this.#accept(wanted));
    if (!accepted.ok) return accepted;
    const { source, key_id } = wanted;
    this.#keep({ source, key_id, every_ms: every, failures: 0, reached: now() });
    return accepted;
  }

  /** Looks now. `true` where something newer was accepted. */
  refresh(): Promise<Result<boolean, Rejection>> {
    return this.#alone(async () => {
      const following = this.#following;
      if (!following) return notFollowed();
      const accepted = await this.#accept(following);
      // Meanwhile somebody may have ended it, or named another place.
      if (this.#following === following) this.#keep(after(following, accepted));
      return accepted;
    });
  }

  forget(): void {
    this.stop();
    this.#following = undefined;
    this.#options.file.write(null);
  }

  async #accept(wanted: Wanted): Promise<Result<boolean, Rejection>> {
    const { reader, writer, log } = this.#options;
    const pinned = reader.get<OrganisationHead>(keys.organisation)?.pinned;
    if (pinned?.key_id !== wanted.key_id) {
      const message = `no organisation with the key ${wanted.key_id} is pinned on this node`;
      return err({ code: 'organisation.none_pinned', message });
    }
    const checked = await this.#check(wanted);
    if (!checked.ok) return checked;
    const { isNewer, publication } = checked.value;
    if (!isNewer) return ok(false);
    const { bundle, rules } = publication;
    const sealed = await sealBundle({ writer, reader }, { bundle, rules });
    if (!sealed.ok) return sealed;
    log('bundle accepted', { source: wanted.source, version: bundle.version });
    return ok(true);
  }

  async #check({ source, key_id: keyId }: Wanted) {
    const { reader, fetchFrom = fetchPublication } = this.#options;
    const found = await fetchFrom(source);
    if (!found.ok) return found;
    const { bundle } = found.value;
    const key = keys.bundle(bundle.key_id, bundle.organisation_id);
    const held = reader.get<BundleHead>(key);
    const expected = { keyId, now: BigInt(reader.chainTime()), ...(held ? { held } : {}) };
    const checked = checkPublication(found.value, expected, this.#registry);
    return checked.ok ? ok({ isNewer: checked.value, publication: found.value }) : checked;
  }

  #alone<T>(look: () => Promise<T>): Promise<T> {
    const done = this.#busy.then(look, look);
    this.#busy = done.catch(() => {});
    return done;
  }

  #keep(following: Following): void {
    this.#options.file.write(following);
    this.#following = following;
    this.#wait(nextLookMs(following.every_ms, following.failures));
  }

  #wait(delay: number): void {
    const { log } = this.#options;
    clearTimeout(this.#timer);
    this.#next = Date.now() + delay;
    const look = (): void => {
      this.refresh().then(
        (looked) => looked.ok || log('the organisation was not reached', looked.error),
        (fault: unknown) => {
          log('the organisation was not reached', { fault: String(fault) });
          // Such as a full disk: what is over tomorrow ends no looking today.
          const following = this.#following;
          if (following) this.#wait(nextLookMs(following.every_ms, following.failures + 1));
        },
      );
    };
    this.#timer = setTimeout(look, delay);
    this.#timer.unref();
  }
}

/** Kept beside the log of the node. */
export function followerIn(
  folder: string,
  options: Omit<FollowerOptions, 'file'>,
): OrganisationFollower {
  const file = new KeptFile(join(folder, 'organisation.json'));
  return new OrganisationFollower({ file, ...options });
}

/** What was kept, where anything was. Throws where it is not what is kept there. */
function followingIn(file: KeptFile): Following | undefined {
  const value = file.read() ?? undefined;
  if (value === undefined) return undefined;
  const { source, key_id, every_ms, failures } = Object(value) as Partial<Following>;
  const isNamed = typeof source === 'string' && isDigest(key_id);
  const isCounted = Number.isSafeInteger(failures) && Number(failures) >= 0;
  if (isNamed && isEvery(every_ms) && isCounted) return value as Following;
  throw file.damaged();
}

function after(following: Following, looked: Result<boolean, Rejection>): Following {
  const { failed: _, ...before } = following;
  if (looked.ok) return { ...before, failures: 0, reached: now() };
  const { code, message } = looked.error;
  return { ...before, failures: before.failures + 1, failed: { code, message, at: now() } };
}

function now(): string {
  return new Date().toISOString();
}

function notFollowed(): Result<never, Rejection> {
  const message = 'this node follows no organisation; ioi org enroll SOURCE --key FINGERPRINT';
  return err({ code: 'organisation.none_followed', message });
}
