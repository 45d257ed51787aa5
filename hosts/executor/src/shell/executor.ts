import { setTimeout as sleep } from 'node:timers/promises';
import { connectPinned, groupOf, type TlsIdentity } from '@ioi/crypto/tls/shell';
import { AskPipe } from '@ioi/frames/shell';
import type { Executed, ExecutorAsks, ExecutorInvitation, ExecutorTold } from '@ioi/protocol';
import { CarriedRun } from './carried-run.ts';

export type ExecutorOptions = {
  readonly identity: TlsIdentity;
  /** Of one node, or of several that stand in for each other. */
  readonly invitations: readonly ExecutorInvitation[];
  readonly say: (message: string, about: object) => void;
};

export type Ask = (asked: ExecutorAsks) => Promise<Executed>;

const MOST_BYTES = 32 * 1024 * 1024;
const AGAIN_MS = 500;
const ALIVE_MS = 10_000;

/**
 * Carries out one run after another for whichever node lets it in. It has no secret, no file and no
 * effect: what a worker asks for is asked of the node, under the fence of the lease.
 */
export class Executor {
  readonly #options: ExecutorOptions;
  readonly #stopping = new AbortController();
  #run: CarriedRun | undefined;

  constructor(options: ExecutorOptions) {
    this.#options = options;
  }

  stop(): void {
    this.#stopping.abort();
  }

  /** Resolves once it was stopped. */
  async run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      for (const invitation of this.#options.invitations) {
        if (!signal.aborted) await this.#serve(invitation).catch((why) => this.#failed(why));
      }
      await sleep(AGAIN_MS, undefined, { signal }).catch(() => {});
    }
  }

  #failed(why: unknown): void {
    const reason = why instanceof Error ? why.message : String(why);
    this.#options.say('not connected', { reason });
  }

  /** Until the connection is gone, or it is stopped. */
  async #serve({ host, port, key_hash: pinned }: ExecutorInvitation): Promise<void> {
    const { identity, say } = this.#options;
    const { signal } = this.#stopping;
    const socket = await connectPinned({ host, port, identity, pinned });
    socket.setKeepAlive(true, ALIVE_MS);
    const end = (): void => void socket.destroy();
    signal.addEventListener('abort', end);
    socket.once('close', () => this.#run?.end('its node is gone'));
    const pipe = new AskPipe(socket, async (told) => this.#told(told), MOST_BYTES);
    const ask: Ask = async (asked) => (await pipe.ask(asked)) as Executed;
    try {
      say('connected', { node: `${host}:${port}`, group: groupOf(socket) });
      while (!signal.aborted) await this.#carryOut(ask);
    } finally {
      signal.removeEventListener('abort', end);
      socket.destroy();
    }
  }

  async #carryOut(ask: Ask): Promise<void> {
    const given = await ask({ kind: 'ready' });
    if (given.kind !== 'work') {
      const code = given.kind === 'refused' ? given.refusal.code : given.kind;
      this.#options.say('refused', { code });
      await sleep(AGAIN_MS);
      return;
    }
    const { run_id, fence } = given.work;
    this.#options.say('begins', { run_id, fence });
    const run = new CarriedRun(given.work, ask);
    this.#run = run;
    const outcome = await run.over;
    this.#run = undefined;
    this.#options.say('ended', { run_id, fence, outcome });
  }

  #told(told: unknown): object {
    const { kind, run_id, fence } = Object(told) as Partial<ExecutorTold>;
    const isThis = this.#run?.isOf({ run_id, fence }) === true;
    if (kind === 'stop' && isThis) this.#run?.end('it is over');
    return {};
  }
}
