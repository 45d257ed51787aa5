import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { generateHybridKey, type HybridKey, sealKeyFile } from '@ioi/crypto/shell';
import type { EdgeAnswer, EdgeAsk } from '../core/index.ts';
import { OwnerLock } from '../shell/owner-lock.ts';
import { GuardianStore } from '../shell/store.ts';
import { UnlockDesk } from '../shell/unlock-desk.ts';
import { Vault } from '../shell/vault.ts';
import type { VaultAnchor } from '../shell/vault-anchor.ts';
import { VaultDesk } from '../shell/vault-desk.ts';

export const PASSPHRASE = 'a passphrase for tests';
const CHEAP = { memory_kib: 1024, passes: 1, parallelism: 1 };

type Answering = (ask: EdgeAsk) => EdgeAnswer;

/** A vault in a folder, its owner, an edge that says yes, and clocks moved by hand. */
export class VaultBed {
  readonly folder: string;
  readonly key: HybridKey;
  /** To be set before it is opened. */
  owner: HybridKey = generateHybridKey();
  readonly told: EdgeAsk[] = [];
  readonly answer: Answering;
  /** Milliseconds, of each clock. */
  readonly clock = { chain: 1_700_000_000_000n, monotonic: 0n, wall: 1_700_000_000_000n };
  #ownerFile: string | undefined;

  constructor(
    folder: string,
    answer: Answering = () => ({ kind: 'done' }),
    key = generateHybridKey(),
  ) {
    mkdirSync(folder, { recursive: true });
    this.folder = folder;
    this.answer = answer;
    this.key = key;
  }

  /** As after a start of the guardian. */
  async open(key = this.key) {
    const store = new GuardianStore(join(this.folder, 'guardian.db'));
    this.#ownerFile ??= await sealKeyFile(this.owner, PASSPHRASE, CHEAP);
    const vault = this.start(store.vault, key);
    const edge = async (ask: EdgeAsk): Promise<EdgeAnswer> => {
      this.told.push(ask);
      return this.answer(ask);
    };
    const lock = new OwnerLock(this.#ownerFile, () => Number(this.clock.monotonic));
    const options = { vault, lock, edge, folder: this.folder };
    return {
      vault,
      anchor: store.vault,
      desk: new VaultDesk(options),
      unlocking: new UnlockDesk(options),
      close: () => store.close(),
    };
  }

  /** The vault alone, read from its file. */
  start(anchor: VaultAnchor, sealKey = this.key): Vault {
    return new Vault({
      folder: this.folder,
      sealKey,
      anchor,
      chainTime: () => this.clock.chain,
      readClock: () => ({ monotonic: this.clock.monotonic, wall: this.clock.wall }),
      cost: CHEAP,
    });
  }

  /** Both clocks of the machine, and the log's. */
  pass(milliseconds: bigint): void {
    this.clock.chain += milliseconds;
    this.clock.monotonic += milliseconds;
    this.clock.wall += milliseconds;
  }
}

/** How an answer or a result ended: its code where it was refused. */
export function codeOf(
  given: { kind: string; refusal?: { code: string } } | { ok: boolean; error?: { code: string } },
): string {
  if ('ok' in given) return given.ok ? 'ok' : (given.error?.code ?? '');
  return given.refusal?.code ?? given.kind;
}
