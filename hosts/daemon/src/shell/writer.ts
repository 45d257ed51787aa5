import { Worker } from 'node:worker_threads';
import type { Payloads, Refusal } from '@ioi/agentgres';
import { newOperationId } from '@ioi/agentgres/shell';
import type { GuardianNotice } from '@ioi/guardian';
import { BOUNDARY, type VerifiedSeal } from '@ioi/law';
import type { LogEntry } from '@ioi/protocol';
import type { FromThread, ToThread, WriterData } from './writer-messages.ts';

export type Sealed = { readonly entry: LogEntry; readonly seal: VerifiedSeal };

export type WriterEvents = {
  readonly onSealed: (sealed: Extract<FromThread, { kind: 'sealed' }>) => void;
  readonly onNotice: (notice: GuardianNotice) => void;
  /** The log stopped: the process must end. */
  readonly onFault: (code: string, message: string) => void;
};

type Waiting = (result: { ok: true; value: Sealed } | { ok: false; error: Refusal }) => void;

/** The daemon's handle on the writer thread. */
export class Writer {
  readonly opened: Promise<Extract<FromThread, { kind: 'opened' }>>;
  readonly #thread: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  constructor(data: WriterData, events: WriterEvents) {
    this.#thread = new Worker(new URL('./writer-thread.ts', import.meta.url), { workerData: data });
    const { promise, resolve } = Promise.withResolvers<Awaited<Writer['opened']>>();
    this.opened = promise;
    this.#thread.on('error', (fault) => {
      events.onFault('log.in_doubt', fault instanceof Error ? fault.message : String(fault));
    });
    this.#thread.on('message', (message: FromThread) => {
      if (message.kind === 'opened') resolve(message);
      else if (message.kind === 'fault') events.onFault(message.code, message.message);
      else if (message.kind === 'notice') events.onNotice(message.notice);
      else if (message.kind === 'sealed') events.onSealed(message);
      else this.#settle(message);
    });
  }

  /**
   * Answers once sealed or refused; never answers when the log stopped. An operation without the
   * name of its module is one of the boundary.
   */
  submit(
    operation: string,
    payload: object,
    payloads: Payloads = {},
  ): Promise<Parameters<Waiting>[0]> {
    return this.submitOperation(
      {
        operation_id: newOperationId(),
        operation: operation.includes('/') ? operation : `${BOUNDARY}/${operation}`,
        authenticated_by: { kind: 'channel' },
        payload: payload as Record<string, unknown>,
      },
      payloads,
    );
  }

  submitOperation(
    operation: Extract<ToThread, { kind: 'submit' }>['operation'],
    payloads: Payloads,
  ): Promise<Parameters<Waiting>[0]> {
    return new Promise((settle) => {
      this.#last += 1;
      this.#waiting.set(this.#last, settle);
      this.#post({ kind: 'submit', id: this.#last, operation, payloads });
    });
  }

  saveCheckpoint(size: number, note: string): void {
    this.#post({ kind: 'checkpoint', size, note });
  }

  async close(): Promise<void> {
    await this.#thread.terminate();
  }

  #post(message: ToThread): void {
    this.#thread.postMessage(message);
  }

  #settle({ id, result, seal }: Extract<FromThread, { kind: 'submitted' }>): void {
    const settle = this.#waiting.get(id);
    this.#waiting.delete(id);
    settle?.(result.ok ? { ok: true, value: { entry: result.value.entry, seal } } : result);
  }
}
