import type { Json } from '@ioi/canon';

export type JsonObject = { readonly [key: string]: Json };

/** A string or a safe integer: `null` never identifies a request here (JSON-RPC 2.0, 4). */
export type RpcId = string | number;

export type RpcError = { readonly code: number; readonly message: string; readonly data?: Json };

/** `members` is the whole message as it came, with the fields nobody here knows. */
export type Message =
  | {
      readonly kind: 'request';
      readonly id: RpcId;
      readonly method: string;
      readonly params: Json | undefined;
      readonly members: JsonObject;
    }
  | {
      readonly kind: 'notification';
      readonly method: string;
      readonly params: Json | undefined;
      readonly members: JsonObject;
    }
  | {
      readonly kind: 'result';
      readonly id: RpcId;
      readonly result: Json;
      readonly members: JsonObject;
    }
  | {
      readonly kind: 'error';
      readonly id: RpcId | null;
      readonly error: RpcError;
      readonly members: JsonObject;
    };

export function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
