import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Server } from 'node:tls';
import { assert } from '@ioi/basis';
import { listenPinned, type TlsIdentity, tlsGroup, tlsIdentity } from '@ioi/crypto/tls/shell';
import { AskPipe } from '@ioi/frames/shell';
import { type ExecutorHead, executionKeys } from '@ioi/law';
import type { Executed, ExecutionStatus, ExecutorTold } from '@ioi/protocol';
import { executorAsks } from '../../core/index.ts';
import { ConfigFault } from '../config.ts';
import type { HeadReader } from '../head-reader.ts';
import type { ExecutionConfig } from './execution-config.ts';
import { type BoardOptions, type Hand, LeaseBoard } from './lease-board.ts';

export type ExecutionOptions = Omit<BoardOptions, 'leaseMs' | 'reader' | 'saltOf'> & {
  readonly reader: HeadReader;
  /** Where the key of this end is kept. */
  readonly folder: string;
  readonly config: ExecutionConfig | undefined;
};

type Peer = { readonly hand: Hand; readonly end: () => void };
type Socket = Parameters<Parameters<typeof listenPinned>[0]['onPeer']>[0]['socket'];

const LEASE_MS = 60_000;
const MOST_BYTES = 32 * 1024 * 1024;
/** Of one connection: a step, a renewal and little else are asked at once. */
const MOST_ASKED = 8;
const MOST_PEERS = 1024;
const ALIVE_MS = 10_000;

/** Where executors connect: machines that the owner admitted, each known by its key. */
export class ExecutionDoor {
  readonly board: LeaseBoard;
  readonly #options: ExecutionOptions;
  readonly #peers = new Set<Peer>();
  #server: Server | undefined;
  #identity: TlsIdentity | undefined;

  constructor(options: ExecutionOptions) {
    this.#options = options;
    const leaseMs = options.config?.lease_ms ?? LEASE_MS;
    this.board = new LeaseBoard({ ...options, leaseMs, saltOf: (runId) => this.#saltOf(runId) });
  }

  /** Whether there is a door: without one no run waits for somebody to come through it. */
  get isOpen(): boolean {
    return this.#options.config !== undefined;
  }

  async listen(): Promise<void> {
    const { config, folder, log } = this.#options;
    if (config === undefined) return;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#identity = tlsIdentity(join(folder, 'execution.pem'), 'IOI node, for executors');
    this.#server = listenPinned({
      identity: this.#identity,
      admits: (keyHash) => this.#nameOf(keyHash) !== undefined,
      onPeer: ({ socket, keyHash }) => this.#meet(socket, keyHash),
    });
    const { port, host = '127.0.0.1' } = config;
    this.#server.listen({ port, host });
    await once(this.#server, 'listening').catch((fault: NodeJS.ErrnoException) => {
      const why = fault.code ?? String(fault);
      throw new ConfigFault(`/execution: port ${port} cannot be listened on (${why})`);
    });
    log('executors connect', { at: `${host}:${port}`, group: tlsGroup() });
  }

  status(): ExecutionStatus {
    const { config } = this.#options;
    const connected = new Set([...this.#peers].map(({ hand }) => hand.name));
    const executors = this.#executors().map(({ name, key_hash, state }) => {
      return { name, key_hash, state, connected: connected.has(name) };
    });
    const leases = this.board.runs.map((run_id) => {
      const { holder, fence = '0', expires } = this.board.leaseOf(run_id) ?? {};
      return { run_id, fence, ...(holder && expires ? { holder, expires } : {}) };
    });
    if (config === undefined || this.#identity === undefined) return { executors, leases };
    const { port, host = '127.0.0.1', lease_ms = LEASE_MS } = config;
    const { keyHash: key_hash } = this.#identity;
    const listening = { address: `${host}:${port}`, key_hash, group: tlsGroup(), lease_ms };
    return { listening, executors, leases };
  }

  close(): void {
    this.#server?.close();
    for (const peer of this.#peers) peer.end();
  }

  /** From the key of this end: the same after a start, and nowhere else. */
  #saltOf(runId: string): string {
    const { privateKey } = this.#identity ?? {};
    assert(privateKey !== undefined, 'nobody leases a run before there is a door');
    const key = privateKey.export({ type: 'pkcs8', format: 'der' });
    return createHmac('sha256', key).update(runId).digest('hex');
  }

  #executors(): ExecutorHead[] {
    const { headClass } = executionKeys.executor('');
    return [...this.#options.reader.allOf<ExecutorHead>(headClass)];
  }

  #nameOf(keyHash: string): string | undefined {
    const found = this.#executors().find((each) => {
      return each.state === 'admitted' && each.key_hash === keyHash;
    });
    return found?.name;
  }

  /** Whatever it says is answered, or cut off where it is nothing that an executor says. */
  #meet(socket: Socket, keyHash: string): void {
    const name = this.#nameOf(keyHash);
    if (name === undefined || this.#peers.size >= MOST_PEERS) {
      socket.destroy();
      return;
    }
    socket.setKeepAlive(true, ALIVE_MS);
    let asked = 0;
    const answer = async (body: unknown): Promise<Executed> => {
      const wanted = executorAsks(body);
      asked += 1;
      if (wanted === undefined || asked > MOST_ASKED) socket.destroy();
      const answered = wanted && asked <= MOST_ASKED ? this.board.answer(hand, wanted) : BROKEN;
      return Promise.resolve(answered)
        .catch((fault: unknown) => faultOf(fault))
        .finally(() => {
          asked -= 1;
          // It asks, and does not read what it is told: that is kept for nobody.
          if (socket.writableLength > MOST_BYTES) socket.destroy();
        });
    };
    const pipe = new AskPipe(socket, answer, MOST_BYTES);
    const stop = (run: Omit<ExecutorTold, 'kind'>): void => {
      const told: ExecutorTold = { kind: 'stop', ...run };
      pipe.ask(told).catch(() => {});
    };
    const isHere = (): boolean => !socket.destroyed && this.#nameOf(keyHash) === name;
    const hand: Hand = { name, isHere, stop };
    const peer = { hand, end: () => void socket.destroy() };
    this.#peers.add(peer);
    this.#options.log('an executor connected', { executor: name });
    socket.once('close', () => {
      this.#peers.delete(peer);
      this.#options.log('an executor is gone', { executor: name });
      this.board.left(hand);
    });
  }
}

const BROKEN: Executed = {
  kind: 'refused',
  refusal: { code: 'executor.protocol', message: 'this is nothing that an executor says' },
};

function faultOf(fault: unknown): Executed {
  return { kind: 'refused', refusal: { code: 'daemon.fault', message: String(fault) } };
}
