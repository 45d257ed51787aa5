import { PostgresStore } from '@ioi/agentgres/postgres';
import type { LogWriter } from '@ioi/agentgres/shell';
import { until } from '@ioi/basis/testing';
import type { ProposedOperation } from '@ioi/law';
import { overChannel, SealedDomain } from './sealed-domain.ts';

/** A cluster that fails over is back in seconds; one that is not in so long will not be. */
const PATIENCE_MS = 180_000;
const DUPLICATE = 'operation.duplicate';

/** What a start gives: a guardian, and a writer at the primary. */
type Life = { readonly sealed: SealedDomain; readonly writer: LogWriter };

/**
 * A domain over servers that fail over, with a guardian of its own. Whatever breaks the writer ends
 * both, as it ends a node, and they open again where the primary is; what was in doubt is submitted
 * anew under the same id.
 */
export class ClusterWriter {
  readonly #home: string;
  readonly #domain: string;
  readonly #url: string;
  #life: Promise<Life> | undefined;

  constructor(home: string, domain: string, url: string) {
    this.#home = home;
    this.#domain = domain;
    this.#url = url;
  }

  /** Resolves when it is sealed, in whichever life. */
  async submit(operation: ProposedOperation): Promise<void> {
    for (;;) {
      const life = await this.#living();
      const submitted = await life.writer.submit(operation).catch(() => undefined);
      if (submitted?.ok || submitted?.error.code === DUPLICATE) return;
      if (submitted !== undefined) throw new Error(JSON.stringify(submitted.error));
      await this.#end(life);
    }
  }

  /** The writer at the primary, opened when there is none. */
  async writer(): Promise<LogWriter> {
    return (await this.#living()).writer;
  }

  async close(): Promise<void> {
    const life = await this.#life?.catch(() => undefined);
    this.#life = undefined;
    await life?.sealed.close();
  }

  #living(): Promise<Life> {
    this.#life ??= until('a writer at the primary', () => this.#open(), PATIENCE_MS);
    return this.#life;
  }

  /** Undefined while no server takes writes. */
  async #open(): Promise<Life | undefined> {
    const sealed = new SealedDomain(this.#home);
    try {
      const node = await sealed.openNode();
      await node.submit(overChannel('domain/open', { domain_id: this.#domain }));
      const store = await PostgresStore.open(this.#domain, { url: this.#url });
      return { sealed, writer: await sealed.open(this.#domain, store) };
    } catch (fault) {
      await sealed.close();
      if (isPassing(fault)) return undefined;
      throw fault;
    }
  }

  /** Of several callers whom one break meets, the first ends it. */
  async #end(life: Life): Promise<void> {
    const now = await this.#life?.catch(() => undefined);
    if (now !== life) return;
    this.#life = undefined;
    await life.sealed.close().catch(() => {});
  }
}

/** As a node's supervisor takes it: that one is started again. */
function isPassing(fault: unknown): boolean {
  const code = fault instanceof Error && 'code' in fault ? String(fault.code) : '';
  return code === 'store.unreachable' || code.startsWith('log.');
}
