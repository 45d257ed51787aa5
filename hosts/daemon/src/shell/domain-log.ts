import { mkdirSync } from 'node:fs';
import type { Seal } from '@ioi/agentgres';
import { LogFault, LogWriter, type SealedCommit, SqliteStore } from '@ioi/agentgres/shell';
import { encodeBase64 } from '@ioi/basis';
import { type NoteKey, noteKeysOf } from '@ioi/crypto';
import type { GuardianStatus } from '@ioi/guardian';
import type { DomainChannel } from '@ioi/guardian/shell';
import { keys, type Modules, type NodeHead, type VerifiedSeal, verifySeal } from '@ioi/law';
import type { Frontier } from '@ioi/merkle';
import type { OpenedDomain } from './writer-messages.ts';

export type DomainLogOptions = {
  readonly domain: string;
  readonly folder: string;
  readonly channel: DomainChannel;
  readonly modules: Modules;
  readonly onSealed: (commit: SealedCommit, seal: VerifiedSeal) => void;
};

/** Cannot be part of a canonical text but as the type of an event. */
const COMMITS_ACTION = '"type":"action.committed"';

/** One domain's log, open in the writer's thread, with the seals checked. */
export class DomainLog {
  readonly opened: OpenedDomain;
  readonly writer: LogWriter;
  readonly store: SqliteStore;
  readonly #checker: SealChecker;

  private constructor(
    opened: OpenedDomain,
    parts: { writer: LogWriter; store: SqliteStore; checker: SealChecker },
  ) {
    this.opened = opened;
    this.writer = parts.writer;
    this.store = parts.store;
    this.#checker = parts.checker;
  }

  static async open(options: DomainLogOptions): Promise<DomainLog> {
    const { domain, folder, channel, modules, onSealed } = options;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const store = new SqliteStore(folder);
    const status = await channel.status();
    const checker = new SealChecker(store, status);
    const { writer, opened } = await LogWriter.open({
      store,
      attestor: channel,
      modules,
      checkSeal: (seal, frontier, texts) => checker.check(seal, frontier, texts),
      onSealed: (commit) => onSealed(commit, checker.latest()),
    });
    // Genesis in an empty log, a resynchronised clock in any other: sealed before anyone connects.
    await writer.touch();
    const { note = '', size = '0' } = (await channel.status()).seal ?? {};
    const about = { domain, status, recovered: opened.recovered, note, seal: checker.latest() };
    return new DomainLog({ ...about, size: Number(size) }, { writer, store, checker });
  }

  get seal(): VerifiedSeal {
    return this.#checker.latest();
  }
}

/**
 * Effects start only from a seal whose signature was verified; where nothing starts, the root
 * alone says that both sides hold the same log.
 */
class SealChecker {
  readonly #store: SqliteStore;
  readonly #status: GuardianStatus;
  #keys: readonly NoteKey[] | undefined;
  #seal: VerifiedSeal | undefined;

  constructor(store: SqliteStore, status: GuardianStatus) {
    this.#store = store;
    this.#status = status;
  }

  latest(): VerifiedSeal {
    if (!this.#seal) throw new LogFault('log.in_doubt', 'the guardian sealed nothing');
    return this.#seal;
  }

  check(seal: Seal, frontier: Frontier, texts: readonly string[]): void {
    if (this.#seal && !texts.some((text) => text.includes(COMMITS_ACTION))) {
      if (seal.root !== encodeBase64(frontier.root())) {
        throw new LogFault('log.seal_differs', 'the guardian sealed another log');
      }
      return;
    }
    this.#keys ??= this.#sealKeys();
    const sealed = verifySeal(seal.note, this.#status.origin, this.#keys, frontier);
    if (!sealed.ok) throw new LogFault('log.seal_differs', sealed.error.message);
    this.#seal = sealed.value;
  }

  /** The guardian's Ed25519 key, from genesis: the very first seal covers it. */
  #sealKeys(): NoteKey[] {
    const head = this.#store.head(keys.node)?.value;
    const genesis = this.#store.entries(0n, 1n)[0];
    const text = head ?? (genesis && JSON.stringify(JSON.parse(genesis.text).payload));
    const node = text === undefined ? undefined : (JSON.parse(text) as NodeHead);
    const pair = node && noteKeysOf(node.guardian_key, this.#status.origin);
    if (!pair?.ok) throw new LogFault('log.damaged', 'the log has no genesis');
    return [pair.value.ed25519];
  }
}
