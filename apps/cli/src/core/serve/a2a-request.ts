import { err, ok, type Result } from '@ioi/basis';
import type { Json } from '@ioi/canon';
import { isObject, type JsonObject, methodNotFound, type RpcError } from '@ioi/jsonrpc';
import { type A2aReason, a2aError } from './a2a-errors.ts';
import type { Part } from './task-input.ts';

/** Revisions of A2A whose words are spoken here. */
export type A2aVersion = '1.0' | '0.3';

export type A2aSent = {
  readonly messageId: string;
  readonly parts: readonly Part[];
  readonly contextId?: string;
  readonly taskId?: string;
  readonly skillId?: string;
};

export type A2aListed = {
  readonly contextId?: string;
  readonly state?: string;
  readonly pageSize: number;
  readonly after: number;
  readonly withArtifacts: boolean;
};

export type A2aCall =
  | { readonly kind: 'send'; readonly message: A2aSent; readonly isWaited: boolean }
  | { readonly kind: 'stream'; readonly message: A2aSent }
  | { readonly kind: 'get' | 'cancel' | 'subscribe'; readonly id: string }
  | { readonly kind: 'list'; readonly listed: A2aListed };

type Read<T> = Result<T, RpcError>;

/** A2A 1.0, 9.4, and 0.3, 7, where it has another name. */
const METHODS: Readonly<Record<string, A2aCall['kind']>> = {
  SendMessage: 'send',
  'message/send': 'send',
  SendStreamingMessage: 'stream',
  'message/stream': 'stream',
  GetTask: 'get',
  'tasks/get': 'get',
  CancelTask: 'cancel',
  'tasks/cancel': 'cancel',
  SubscribeToTask: 'subscribe',
  'tasks/resubscribe': 'subscribe',
  ListTasks: 'list',
};
const REFUSED: Readonly<Record<string, A2aReason>> = {
  GetExtendedAgentCard: 'EXTENDED_AGENT_CARD_NOT_CONFIGURED',
  'agent/getAuthenticatedExtendedCard': 'EXTENDED_AGENT_CARD_NOT_CONFIGURED',
};
const PUSH = /PushNotificationConfigs?$|^tasks\/pushNotificationConfig\//;
const ID_MOST = 256;
const PARTS_MOST = 64;
const PAGE = 50;
const PAGE_MOST = 100;

/** Without a word about it a client speaks 0.3; only 1.0 writes its methods in capitals. */
export function versionOf(header: string | undefined, method: string): Read<A2aVersion> {
  const said = header?.trim() ?? '';
  const [, minor] = /^([01]\.[0-9]+)(?:\.[0-9]+)?$/.exec(said) ?? [];
  if (said === '') return ok(/^[A-Z]/.test(method) ? '1.0' : '0.3');
  if (minor === '1.0' || minor === '0.3') return ok(minor);
  return err(a2aError('VERSION_NOT_SUPPORTED', '1.0 and 0.3 are spoken here'));
}

export function callIn(method: string, params: Json | undefined): Read<A2aCall> {
  const known = Object.hasOwn(REFUSED, method) ? REFUSED[method] : undefined;
  const refused = PUSH.test(method) ? 'PUSH_NOTIFICATION_NOT_SUPPORTED' : known;
  if (refused !== undefined)
    return err(a2aError(refused, `${method.slice(0, ID_MOST)} is not here`));
  const kind = Object.hasOwn(METHODS, method) ? METHODS[method] : undefined;
  if (kind === undefined) return err(methodNotFound(method));
  const given = isObject(params) ? params : {};
  switch (kind) {
    case 'send':
    case 'stream':
      return sendIn(kind, given);
    case 'list':
      return listIn(given);
    default: {
      const id = idIn(given['id']);
      return id === undefined ? wrong('id names a task') : ok({ kind, id });
    }
  }
}

function sendIn(kind: 'send' | 'stream', params: JsonObject): Read<A2aCall> {
  const { message: said, configuration, metadata } = params;
  if (!isObject(said)) return wrong('message is an object');
  const messageId = idIn(said['messageId']);
  if (messageId === undefined) return wrong('message.messageId is a text');
  if (said['role'] !== 'ROLE_USER' && said['role'] !== 'user') {
    return wrong('message.role is that of a user');
  }
  const parts = partsIn(said['parts']);
  if (!parts.ok) return parts;
  for (const name of ['contextId', 'taskId'] as const) {
    const isText = said[name] === undefined || said[name] === '' || idIn(said[name]) !== undefined;
    if (!isText) return wrong(`message.${name} is a text of at most ${ID_MOST} characters`);
  }
  const message: A2aSent = {
    ...{ messageId, parts: parts.value },
    ...named('contextId', idIn(said['contextId'])),
    ...named('taskId', idIn(said['taskId'])),
    ...named('skillId', skillIn(said['metadata']) ?? skillIn(metadata)),
  };
  if (kind === 'stream') return ok({ kind, message });
  const { returnImmediately, blocking } = isObject(configuration) ? configuration : {};
  return ok({ kind, message, isWaited: returnImmediately !== true && blocking !== false });
}

/** A part of 0.3 says its kind, one of 1.0 has it; files are for workers with folders. */
function partsIn(given: Json | undefined): Read<readonly Part[]> {
  if (!Array.isArray(given) || given.length === 0 || given.length > PARTS_MOST) {
    return wrong(`message.parts are 1 to ${PARTS_MOST}`);
  }
  const parts: Part[] = [];
  for (const part of given) {
    if (!isObject(part)) return wrong('a part is an object');
    const { text, data } = part;
    if (typeof text === 'string') parts.push({ text });
    else if (data !== undefined) parts.push({ data });
    else if (['raw', 'url', 'file'].some((name) => part[name] !== undefined)) {
      return err(a2aError('CONTENT_TYPE_NOT_SUPPORTED', 'parts are text or data, and no files'));
    } else return wrong('a part has text or data');
  }
  return ok(parts);
}

function listIn(params: JsonObject): Read<A2aCall> {
  const { contextId, status, pageSize = PAGE, pageToken = '', includeArtifacts } = params;
  const isSize = Number.isSafeInteger(pageSize) && Number(pageSize) >= 1;
  if (!isSize || Number(pageSize) > PAGE_MOST) return wrong(`pageSize is 1 to ${PAGE_MOST}`);
  if (typeof pageToken !== 'string' || !/^[0-9]{0,9}$/.test(pageToken)) {
    return wrong('pageToken is one that was given');
  }
  const state = idIn(status);
  if (status !== undefined && !/^TASK_STATE_[A-Z_]+$/.test(state ?? '')) {
    return wrong('status is a state of tasks');
  }
  const listed = {
    ...named('contextId', idIn(contextId)),
    ...named('state', state),
    pageSize: Number(pageSize),
    after: Number(pageToken),
    withArtifacts: includeArtifacts === true,
  };
  return ok({ kind: 'list', listed });
}

function skillIn(metadata: Json | undefined): string | undefined {
  return isObject(metadata) ? idIn(metadata['skillId']) : undefined;
}

function idIn(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= ID_MOST ? value : undefined;
}

function named<K extends string>(
  name: K,
  value: string | undefined,
): { readonly [_ in K]?: string } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [_ in K]: string });
}

function wrong(message: string): Read<never> {
  return err(a2aError('INVALID_PARAMS', message));
}
