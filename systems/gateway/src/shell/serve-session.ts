import type { Readable, Writable } from 'node:stream';
import { LineSplitter } from '@ioi/jsonrpc';
import { writeTogether } from '@ioi/jsonrpc/shell';
import type { Backend, Notice } from '../core/backend.ts';
import type { State } from '../core/state.ts';
import { Runner } from './runner.ts';

/** How long the last answers may take to reach a client that is leaving. */
const LINGER_MS = 1000;

export type Streams = { readonly input: Readable; readonly output: Writable };

export type ServedSession = {
  /** What the client said about itself, and how far the session has come. */
  state(): State;
  notify(notice: Notice): void;
  close(): void;
  /** Resolves once, when the session has ended; never rejects. */
  readonly closed: Promise<void>;
};

/** Serves one client, of either era, over a stream pair; a duplex serves as both. */
export function serveSession(streams: Streams, backend: Backend): ServedSession {
  const session = new LiveSession(streams, backend);
  const closed = session.run();
  return {
    state: () => session.runner.state,
    notify: (notice) => session.runner.notify(notice),
    close: () => session.runner.accept({ kind: 'closed', byUs: true }),
    closed,
  };
}

class LiveSession {
  readonly runner: Runner;
  readonly #input: Readable;
  readonly #output: Writable;

  constructor({ input, output }: Streams, backend: Backend) {
    this.#input = input;
    this.#output = output;
    const sink = {
      send: ({ line }: { readonly line: string }) => {
        if (!output.destroyed) writeTogether(output, `${line}\n`);
      },
      isBusy: () => output.writableNeedDrain,
      close: () => this.#end(),
    };
    this.runner = new Runner(backend, sink, 'opened');
  }

  async run(): Promise<void> {
    const { runner } = this;
    this.#output.on('error', (error) => this.#end(error));
    try {
      await runner.open();
      await this.#read();
    } catch (error) {
      if (runner.state.phase !== 'closed') runner.backend.fault(error);
    }
    runner.accept({ kind: 'closed' });
    await runner.receipts;
  }

  async #read(): Promise<void> {
    const { runner } = this;
    const splitter = new LineSplitter();
    // Leaving the loop must not destroy the stream: it may be the one the last answer is in.
    const chunks: AsyncIterable<Uint8Array> = this.#input.iterator({ destroyOnReturn: false });
    for await (const chunk of chunks) {
      for (const frame of splitter.push(chunk)) {
        if (frame.kind === 'line') runner.accept({ kind: 'frame', bytes: frame.bytes });
        else runner.accept(frame);
        // A flood of unreadable input waits for its receipts, and a slow reader slows itself.
        await runner.receipts;
        await this.#writable();
      }
      if (runner.state.phase === 'closed') break;
    }
    const last = splitter.end();
    if (last?.kind === 'oversized') runner.accept(last);
  }

  async #writable(): Promise<void> {
    const output = this.#output;
    if (!output.writableNeedDrain || output.destroyed) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        output.off('drain', done);
        output.off('close', done);
        resolve();
      };
      output.on('drain', done);
      output.on('close', done);
    });
  }

  #end(error?: unknown): void {
    if (error !== undefined && this.runner.state.phase !== 'closed') {
      this.runner.backend.fault(error);
      this.runner.accept({ kind: 'closed' });
      return;
    }
    const cut = (): void => {
      this.#input.destroy();
      this.#output.destroy();
    };
    if (this.#output.destroyed) {
      cut();
      return;
    }
    // A peer that reads nothing must not keep the session open.
    const lingering = setTimeout(cut, LINGER_MS);
    this.#output.end(() => {
      clearTimeout(lingering);
      cut();
    });
  }
}
