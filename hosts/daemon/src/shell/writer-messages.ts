import type { MessagePort } from 'node:worker_threads';
import type { Payloads, Refusal } from '@ioi/agentgres';
import type { StateAnswer, StateQuestion } from '@ioi/agentgres/shell';
import type { GuardianNotice, GuardianStatus } from '@ioi/guardian';
import type { HeadText, ProposedOperation, VerifiedSeal } from '@ioi/law';
import type { StoreConfig } from './config.ts';

export type WriterData = {
  readonly folder: string;
  readonly channelFd: number;
  readonly store?: StoreConfig | undefined;
};

/** Stands for the node's own log where a domain is named. */
export const NODE_DOMAIN = '';

export type ToThread =
  | {
      readonly kind: 'submit';
      readonly id: number;
      readonly domain: string;
      readonly operation: ProposedOperation;
      readonly payloads: Payloads;
    }
  | { readonly kind: 'open'; readonly domain: string }
  | {
      readonly kind: 'prove';
      readonly id: number;
      readonly domain: string;
      readonly question: StateQuestion;
    }
  | {
      readonly kind: 'checkpoint';
      readonly domain: string;
      readonly size: number;
      readonly note: string;
    }
  | { readonly kind: 'commitment_key'; readonly id: number; readonly digest: string }
  | { readonly kind: 'close' };

export type OpenedDomain = {
  readonly domain: string;
  readonly status: GuardianStatus;
  readonly recovered: boolean;
  readonly size: number;
  readonly note: string;
  readonly seal: VerifiedSeal;
};

/**
 * Canonical text of the entry, the size of the log as sealed with it, and the last seal that was
 * verified by its signature: it covers the entry where that commits an action.
 */
export type SealedText = {
  readonly text: string;
  readonly size: number;
  readonly seal: VerifiedSeal;
};

export type SubmittedText =
  | { readonly ok: true; readonly value: SealedText }
  | { readonly ok: false; readonly error: Refusal };

export type ProvedState =
  | { readonly ok: true; readonly value: StateAnswer }
  | { readonly ok: false; readonly error: Refusal };

export type FromThread =
  | ({ readonly kind: 'opened' } & OpenedDomain)
  | { readonly kind: 'not_opened'; readonly domain: string; readonly error: Refusal }
  | {
      readonly kind: 'sealed';
      readonly domain: string;
      readonly changes: readonly HeadText[];
      readonly note: string;
      readonly size: number;
      readonly seal: VerifiedSeal;
    }
  | { readonly kind: 'submitted'; readonly id: number; readonly result: SubmittedText }
  | { readonly kind: 'proved'; readonly id: number; readonly result: ProvedState }
  | { readonly kind: 'commitment_key'; readonly id: number; readonly key: Uint8Array }
  | { readonly kind: 'notice'; readonly notice: GuardianNotice }
  | { readonly kind: 'closed' }
  | { readonly kind: 'fault'; readonly code: string; readonly message: string };

export function post(port: MessagePort, message: FromThread): void {
  port.postMessage(message);
}
