import type { Ask, Outcome, PerformOptions, Progress, Rejection } from '@ioi/protocol';
import type { Call, Decided } from '../core/index.ts';

/** Whoever waits for an action: a connection, or nobody after a restart or a time-out. */
export type Caller = {
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** Parameters of a log message of the server, about this act. */
  readonly onMessage?: PerformOptions['onMessage'];
  /** Asks the client in the midst of the act; absent where nobody can be asked. */
  readonly ask?: Ask;
  readonly capabilities?: PerformOptions['capabilities'];
  readonly isTask?: PerformOptions['isTask'];
  readonly onTask?: PerformOptions['onTask'];
  readonly onReply?: PerformOptions['onReply'];
  readonly onText?: PerformOptions['onText'];
  /** A person has to approve it: the caller may stop waiting and ask again later. */
  readonly onPending?: (decision: Decided) => void;
};

/** What of a caller a driver needs. `isKept`: it goes on whether or not anybody waits. */
export function performOptions(caller: Caller | undefined, isKept: boolean): PerformOptions {
  const { onMessage, ask, capabilities, isTask, onTask, onReply, onText } = caller ?? {};
  if (isKept) onTask?.({ message: 'approved, and carried out' });
  return {
    signal: (isKept ? undefined : caller?.signal) ?? new AbortController().signal,
    onProgress: (progress) => caller?.onProgress?.(progress),
    ...(onMessage ? { onMessage } : {}),
    ...(ask ? { ask } : {}),
    ...(isTask ? { isTask } : {}),
    ...(onTask ? { onTask } : {}),
    ...(onReply ? { onReply } : {}),
    ...(onText ? { onText } : {}),
    ...(capabilities === undefined ? {} : { capabilities }),
  };
}

export function noDriver({ contract }: Call): Rejection {
  const message = `the server ${contract.server} is not mounted`;
  return { code: 'driver.missing', message };
}

/** It was sealed, and a person stopped everything before it began. */
export const STOPPED: Outcome = { kind: 'failed_before_effect', reason: 'everything is stopped' };
