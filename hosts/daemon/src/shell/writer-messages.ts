import type { Beside, Payloads, Refusal } from '@ioi/agentgres';
import type { StateAnswer, StateQuestion } from '@ioi/agentgres/shell';
import type { ExchangeAnswer, GuardianNotice, GuardianStatus, Vouched } from '@ioi/guardian';
import type { HeadText, ProposedOperation, ShownEntry, VerifiedSeal } from '@ioi/law';
import type { Rejection } from '@ioi/protocol';
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
      readonly beside: readonly Beside[];
    }
  /** What stands beside entries of the node's log below this size has its own place now. */
  | { readonly kind: 'settled'; readonly size: number }
  | { readonly kind: 'open'; readonly domain: string }
  | {
      readonly kind: 'prove';
      readonly id: number;
      readonly domain: string;
      readonly question: StateQuestion;
    }
  | {
      readonly kind: 'vouch';
      readonly id: number;
      readonly domain: string;
      readonly asked: VouchAsked;
    }
  | {
      readonly kind: 'checkpoint';
      readonly domain: string;
      readonly size: number;
      readonly note: string;
    }
  | { readonly kind: 'commitment_key'; readonly id: number; readonly digest: string }
  | { readonly kind: 'shown'; readonly payloads: Payloads }
  | { readonly kind: 'exchanged'; readonly exchanged: ExchangeAnswer }
  | { readonly kind: 'edit_refused'; readonly requestHash: string; readonly refusal: Rejection }
  | { readonly kind: 'close' };

export type VouchAsked = { readonly shown: ShownEntry; readonly receiptId: string };

export type OpenedDomain = {
  readonly domain: string;
  readonly status: GuardianStatus;
  readonly recovered: boolean;
  readonly size: number;
  readonly note: string;
  readonly seal: VerifiedSeal;
  /** What stands beside its entries, and may be nowhere else. */
  readonly beside: readonly Beside[];
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

export type VouchedFor =
  | { readonly ok: true; readonly value: Vouched }
  | { readonly ok: false; readonly error: Refusal };

export type FromThread =
  | ({ readonly kind: 'opened' } & OpenedDomain)
  | { readonly kind: 'not_opened'; readonly domain: string; readonly error: Refusal }
  | {
      readonly kind: 'sealed';
      readonly domain: string;
      readonly chainTime: string;
      readonly changes: readonly HeadText[];
      readonly note: string;
      readonly size: number;
      readonly seal: VerifiedSeal;
    }
  | { readonly kind: 'submitted'; readonly id: number; readonly result: SubmittedText }
  | { readonly kind: 'proved'; readonly id: number; readonly result: ProvedState }
  | { readonly kind: 'vouched'; readonly id: number; readonly result: VouchedFor }
  | { readonly kind: 'commitment_key'; readonly id: number; readonly key: Uint8Array }
  | { readonly kind: 'notice'; readonly notice: GuardianNotice }
  | { readonly kind: 'closed' }
  | { readonly kind: 'fault'; readonly code: string; readonly message: string };

/** Messages said together go together: what one turn has to say wakes the other side once. */
export class Outbox<M> {
  readonly #send: (messages: readonly M[]) => void;
  #said: M[] = [];

  constructor(send: (messages: readonly M[]) => void) {
    this.#send = send;
  }

  say(message: M): void {
    if (this.#said.length === 0) process.nextTick(() => this.sendAll());
    this.#said.push(message);
  }

  /** At once, where something else is done in this turn that nobody is to wait for. */
  sendAll(): void {
    const said = this.#said;
    this.#said = [];
    if (said.length > 0) this.#send(said);
  }
}
