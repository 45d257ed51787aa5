import type { Digest } from '@ioi/canon';
import type { PushRequest } from './git/push.ts';

export type WebHeader = readonly [name: string, value: string];

/** What a program asks for over HTTP, read strictly: its parts are what will be sent. */
export type WebAct = {
  readonly method: string;
  /** As the URL standard writes it. */
  readonly url: string;
  /** Names in lower case, without those that speak of a connection. */
  readonly headers: readonly WebHeader[];
  /** Absent where none is announced. */
  readonly body?: Uint8Array;
  /** In its place, of one that is too long to be held or read: it stands on disk. */
  readonly large?: LargeBody;
  /** It becomes a WebSocket: what is said in it is no part of the act. */
  readonly isSocket?: true;
  /** What it asks of a repository of git, where it asks one to change. */
  readonly git?: PushRequest;
};

/** By the SHA-256 of its bytes, without a salt. */
export type LargeBody = { readonly digest: Digest; readonly bytes: number };

/** Why something never becomes an act, by the name of the rule. */
export type WebCode =
  | 'web.malformed'
  | 'web.headers_too_large'
  | 'web.body_too_large'
  | 'web.bodies_full'
  | 'web.bodies_share'
  | 'web.body_not_read'
  | 'web.smuggling'
  | 'web.not_tls'
  | 'web.not_http'
  | 'web.tls_refused'
  | 'web.http2_refused'
  | 'web.grpc_refused'
  | 'web.sni_mismatch'
  | 'web.host_mismatch'
  | 'web.host_not_named'
  | 'web.method_unknown'
  | 'web.method_override'
  | 'web.address_override'
  | 'web.read_with_body'
  | 'web.upgrade_refused'
  | 'web.push_malformed'
  | 'web.placeholder_elsewhere'
  | 'web.placeholder_in_url'
  | 'web.placeholder_in_body'
  | 'web.placeholder_header'
  | 'web.placeholder_twice'
  | 'web.too_many'
  | 'config.invalid'
  | 'model.no_operation'
  | 'model.malformed'
  | 'model.no_route'
  | 'model.other_protocol'
  | 'model.no_words';

export type WebRefusal = { readonly code: WebCode; readonly message: string };

/** Where a connection leads: of a request to a proxy itself, nothing is known before its head. */
export type Place = {
  readonly scheme: 'http' | 'https';
  /** As the URL standard writes it, with brackets around what needs them. */
  readonly host: string;
  readonly port: number;
};
