import type { LogStore, Seal } from '@ioi/agentgres';
import { LogFault, LogWriter, type SealedCommit } from '@ioi/agentgres/shell';
import { encodeBase64 } from '@ioi/basis';
import { type NoteKey, noteKeysOf } from '@ioi/crypto';
import type { DomainChannel } from '@ioi/guardian/shell';
import {
  keys,
  type Modules,
  type NodeHead,
  type Sealer,
  sealerNamedIn,
  type VerifiedSeal,
  verifySeal,
} from '@ioi/law';
import type { Frontier } from '@ioi/merkle';
import type { LogEntry } from '@ioi/protocol';
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

/** How late the heads file is when nothing follows; readers are told what was sealed. */
const HEADS_AFTER_MS = 50;
/** Cannot be part of a canonical text but as the type of an event. */
const COMMITS_ACTION = '"type":"action.committed"';
const NAMES_SEALER = ['genesis.created', 'domain.created', 'epoch.changed'].map(
  (type) => `"type":"${type}"`,
);

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
    const checker = new SealChecker(store);
    try {
      const { writer, opened } = await LogWriter.open({
        store,
        attestor: channel,
        modules,
        checkSeal: (seal, frontier, texts) => checker.check(seal, frontier, texts),
        onSealed: (commit) => onSealed(commit, checker.latest()),
        later: (work) => setTimeout(work, HEADS_AFTER_MS),
      });
      await follow(opened.frontier, modules);
      // Genesis in an empty log, a resynchronised clock in any other: sealed before anyone asks.
      await writer.touch();
      const { note = '', size = '0' } = (await channel.status()).seal ?? {};
      const beside = await store.beside();
      const seal = checker.latest();
      const about = { domain, status, recovered: opened.recovered, note, seal, beside };
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
 * Effects start only from a seal whose signature was verified, by the key that the log itself
 * names; where nothing starts, the root alone says that both sides hold the same log.
 */
class SealChecker {
  readonly #store: LogStore;
  #signing: Signing | undefined;
  #seal: VerifiedSeal | undefined;

  constructor(store: LogStore) {
    this.#store = store;
  }

  latest(): VerifiedSeal {
    if (!this.#seal) throw new LogFault('log.in_doubt', 'the guardian sealed nothing');
    return this.#seal;
  }

  async check(seal: Seal, frontier: Frontier, texts: readonly string[]): Promise<void> {
    const signing = signingFrom(texts);
    const isChecked = signing ?? texts.some((text) => text.includes(COMMITS_ACTION));
    if (this.#seal && !isChecked) {
      if (seal.root !== encodeBase64(frontier.root())) {
        throw new LogFault('log.seal_differs', 'the guardian sealed another log');
      }
      return;
    }
    const { origin, key } = signing ?? this.#signing ?? (await this.#signingBefore());
    const sealed = verifySeal(seal.note, origin, [key], frontier);
    if (!sealed.ok) throw new LogFault('log.seal_differs', sealed.error.message);
    this.#signing = { origin, key };
    this.#seal = sealed.value;
  }

  /** As the heads have it, or genesis while nothing was folded. */
  async #signingBefore(): Promise<Signing> {
    const [head] = await this.#store.headsAt([keys.node]);
    if (head?.value !== undefined) return signingOf(JSON.parse(head.value) as NodeHead);
    const [genesis] = await this.#store.entries(0n, 1n);
    const signing = genesis && signingFrom([genesis.text]);
    if (!signing) throw new LogFault('log.damaged', 'the log has no genesis');
    return signing;
  }
}

/** The guardian's Ed25519 key, and the origin line it signs under. */
type Signing = { readonly origin: string; readonly key: NoteKey };

/** Who seals from these entries on, where one of them says so: the very first seal covers it. */
function signingFrom(texts: readonly string[]): Signing | undefined {
  for (const text of texts) {
    if (!NAMES_SEALER.some((each) => text.includes(each))) continue;
    const named = sealerNamedIn(JSON.parse(text) as LogEntry);
    if (named) return signingOf(named);
  }
  return undefined;
}

function signingOf({ guardian_key, origin }: Sealer): Signing {
  const pair = noteKeysOf(guardian_key, origin);
  if (!pair.ok) throw new LogFault('log.damaged', pair.error.message);
  return { origin, key: pair.value.ed25519 };
}
