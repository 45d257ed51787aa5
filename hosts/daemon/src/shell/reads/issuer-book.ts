import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type KnownIssuer, learnRevocations, readIssuer } from '@ioi/agentgres';
import { err, ok, type Result } from '@ioi/basis';
import type { VerifierRegistry } from '@ioi/crypto';
import type { Rejection, SessionIssuer, SessionRevocations } from '@ioi/protocol';

const MOST = 256;

export type IssuerBookOptions = {
  readonly folder: string;
  readonly registry: VerifierRegistry;
  readonly chainTime: () => bigint;
};

/** Other owners whose sessions are taken here, one file each, and what is known of revocation. */
export class IssuerBook {
  readonly #options: IssuerBookOptions;
  readonly #known = new Map<string, KnownIssuer>();
  #writing: Promise<void> = Promise.resolve();

  constructor(options: IssuerBookOptions) {
    this.#options = options;
    mkdirSync(options.folder, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(options.folder)) {
      const known = name.endsWith('.json') ? this.#read(name) : undefined;
      if (known !== undefined) this.#known.set(known.issuer.issuer_id, known);
    }
  }

  find(issuerId: string): KnownIssuer | undefined {
    return this.#known.get(issuerId);
  }

  all(): readonly KnownIssuer[] {
    return [...this.#known.values()];
  }

  /**
   * Rejects with `issuer.invalid` or `issuer.too_many`. What is known of the same guardian's
   * revocations stays: else an older word would be taken anew.
   */
  async pin(given: unknown): Promise<Result<SessionIssuer, Rejection>> {
    const issuer = readIssuer(given);
    if (!issuer.ok) return issuer;
    const { issuer_id } = issuer.value;
    if (this.#known.size >= MOST && !this.#known.has(issuer_id)) {
      return err({ code: 'issuer.too_many', message: `${MOST} issuers are pinned already` });
    }
    const { revocations } = this.find(issuer_id) ?? {};
    await this.#keep(withWord(issuer.value, revocations, this.#options.registry));
    return issuer;
  }

  /** Rejects with `issuer.unknown`, or as the word itself is refused. */
  async learn(given: unknown): Promise<Result<SessionRevocations, Rejection>> {
    const known = this.find(issuerIn(given));
    if (!known) return unknown();
    const { chainTime, registry } = this.#options;
    const word = learnRevocations(given, known, { now: chainTime(), registry });
    if (word.ok) await this.#keep({ ...known, revocations: word.value });
    return word;
  }

  async forget(issuerId: string): Promise<Result<void, Rejection>> {
    if (!this.#known.delete(issuerId)) return unknown();
    await this.#save(issuerId);
    return ok(undefined);
  }

  #keep(known: KnownIssuer): Promise<void> {
    this.#known.set(known.issuer.issuer_id, known);
    return this.#save(known.issuer.issuer_id);
  }

  /** One at a time, as it is by then: who was forgotten meanwhile does not come back. */
  #save(issuerId: string): Promise<void> {
    const path = this.#path(issuerId);
    const saving = this.#writing.then(async () => {
      const known = this.#known.get(issuerId);
      if (known === undefined) return rm(path, { force: true });
      await writeFile(`${path}.part`, `${JSON.stringify(known)}\n`, { mode: 0o600, flush: true });
      return rename(`${path}.part`, path);
    });
    this.#writing = saving.catch(() => undefined);
    return saving;
  }

  /** Held again as if it came now: a file that somebody changed opens nothing. */
  #read(name: string): KnownIssuer | undefined {
    const { folder, registry } = this.#options;
    try {
      const stored = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Partial<KnownIssuer>;
      const issuer = readIssuer(stored.issuer);
      if (!issuer.ok) return undefined;
      return withWord(issuer.value, stored.revocations, registry);
    } catch {
      return undefined;
    }
  }

  #path(issuerId: string): string {
    return join(this.#options.folder, `${issuerId.slice('sha256:'.length)}.json`);
  }
}

/** With a word that was taken before, where it is of this issuer's guardian. */
function withWord(issuer: SessionIssuer, before: unknown, registry: VerifierRegistry): KnownIssuer {
  const now = BigInt(Number.MAX_SAFE_INTEGER);
  const word = learnRevocations(before, { issuer }, { now, registry });
  return word.ok ? { issuer, revocations: word.value } : { issuer };
}

function issuerIn(given: unknown): string {
  const about = typeof given === 'object' && given !== null ? given : {};
  return String((about as { readonly issuer_id?: unknown }).issuer_id);
}

function unknown(): Result<never, Rejection> {
  return err({ code: 'issuer.unknown', message: 'no such issuer is pinned here' });
}
