import type { MessagePort } from 'node:worker_threads';
import type { Payloads } from '@ioi/agentgres';
import type { Submitted } from '@ioi/agentgres/shell';
import type { GuardianNotice, GuardianStatus } from '@ioi/guardian';
import type { ProposedOperation, VerifiedSeal } from '@ioi/law';
import type { HeadChange } from '@ioi/protocol';

export type WriterData = { readonly folder: string; readonly channelFd: number };

export type ToThread =
  | {
      readonly kind: 'submit';
      readonly id: number;
      readonly operation: ProposedOperation;
      readonly payloads: Payloads;
    }
  | { readonly kind: 'checkpoint'; readonly size: number; readonly note: string };

export type FromThread =
  | {
      readonly kind: 'opened';
      readonly status: GuardianStatus;
      readonly recovered: boolean;
      readonly size: number;
      readonly note: string;
      readonly seal: VerifiedSeal;
    }
  | {
      readonly kind: 'sealed';
      readonly changes: readonly HeadChange[];
      readonly note: string;
      readonly size: number;
      readonly seal: VerifiedSeal;
    }
  | {
      readonly kind: 'submitted';
      readonly id: number;
      readonly result: Submitted;
      readonly seal: VerifiedSeal;
    }
  | { readonly kind: 'notice'; readonly notice: GuardianNotice }
  | { readonly kind: 'fault'; readonly code: string; readonly message: string };

export function post(port: MessagePort, message: FromThread): void {
  port.postMessage(message);
}
