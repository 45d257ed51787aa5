import type { LogStore, Seal } from '@ioi/agentgres';
import { LogFault, LogWriter, type SealedCommit } from '@ioi/agentgres/shell';
import { encodeBase64 } from '@ioi/basis';
import { type NoteKey, noteKeysOf } from '@ioi/crypto';
import type { GuardianStatus } from '@ioi/guardian';
import type { DomainChannel } from '@ioi/guardian/shell';
import { keys, type Modules, type NodeHead, type VerifiedSeal, verifySeal } from '@ioi/law';
import type { Frontier } from '@ioi/merkle';
import type { StoreConfig } from './config.ts';
import { openStore } from './domain-store.ts';
import { NODE_DOMAIN, type OpenedDomain } from './writer-messages.ts';

export type DomainLogOptions = {
  readonly domain: string;
  readonly folder: string;
  /** Where the log is kept, when not in the folder. */
  readonly storeConfig?: StoreConfig | undefined;
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
  readonly store: LogStore;
  readonly #checker: SealChecker;

  private constructor(
    opened: OpenedDomain,
    parts: { writer: LogWriter; store: LogStore; checker: SealChecker },
  ) {
    this.opened = opened;
    this.writer = parts.writer;
    this.store = parts.store;
    this.#checker = parts.checker;
  }

  static async open(options: DomainLogOptions): Promise<DomainLog> {
    const { domain, folder, storeConfig, channel, modules, onSealed } = options;
    const status = await channel.status();
    const name = domain === NODE_DOMAIN ? status.domain_id : domain;
    const { store, follow } = await openStore(name, folder, storeConfig);
    const checker = new SealChecker(store, status);
    try {
      const { writer, opened } = await LogWriter.open({
        store,
        attestor: channel,
        modules,
        checkSeal: (seal, frontier, texts) => checker.check(seal, frontier, texts),
        onSealed: (commit) => onSealed(commit, checker.latest()),
      });
      await follow(opened.frontier, modules);
      // Genesis in an empty log, a resynchronised clock in any other: sealed before anyone asks.
      await writer.touch();
      const { note = '', size = '0' } = (await channel.status()).seal ?? {};
      const about = { domain, status, recovered: opened.recovered, note, seal: checker.latest() };
      return new DomainLog({ ...about, size: Number(size) }, { writer, store, checker });
    } catch (fault) {
      await store.close();
      throw fault;
    }
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
  readonly #store: LogStore;
  readonly #status: GuardianStatus;
  #keys: readonly NoteKey[] | undefined;
  #seal: VerifiedSeal | undefined;

  constructor(store: LogStore, status: GuardianStatus) {
    this.#store = store;
    this.#status = status;
  }

  latest(): VerifiedSeal {
    if (!this.#seal) throw new LogFault('log.in_doubt', 'the guardian sealed nothing');
    return this.#seal;
  }

  async check(seal: Seal, frontier: Frontier, texts: readonly string[]): Promise<void> {
    if (this.#seal && !texts.some((text) => text.includes(COMMITS_ACTION))) {
      if (seal.root !== encodeBase64(frontier.root())) {
        throw new LogFault('log.seal_differs', 'the guardian sealed another log');
      }
      return;
    }
    this.#keys ??= await this.#sealKeys();
    const sealed = verifySeal(seal.note, this.#status.origin, this.#keys, frontier);
    if (!sealed.ok) throw new LogFault('log.seal_differs', sealed.error.message);
    this.#seal = sealed.value;
  }

  /** The guardian's Ed25519 key, from genesis: the very first seal covers it. */
  async #sealKeys(): Promise<NoteKey[]> {
    const [head] = await this.#store.headsAt([keys.node]);
    const [genesis] = await this.#store.entries(0n, 1n);
    const text = head?.value ?? (genesis && JSON.stringify(JSON.parse(genesis.text).payload));
    const node = text === undefined ? undefined : (JSON.parse(text) as NodeHead);
    const pair = node && noteKeysOf(node.guardian_key, this.#status.origin);
    if (!pair?.ok) throw new LogFault('log.damaged', 'the log has no genesis');
    return [pair.value.ed25519];
  }
}
