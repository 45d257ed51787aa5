import { createHmac, randomBytes } from 'node:crypto';
import { type Notice, noticeWords } from '../core/notice.ts';
import type { Target } from './targets.ts';
import { encryptPush, newVapidKey, type VapidKey, vapidHeader } from './web-push.ts';

const TIMEOUT_MS = 10_000;
/** How long a push service keeps it for a browser that is away, in seconds. */
const KEPT_SECONDS = '600';

type Message = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
};

/** One try: the status of the answer, 0 for none. A redirect is an answer, and not followed. */
export async function deliver(
  target: Target,
  notice: Notice,
  vapid: VapidKey | undefined,
): Promise<number> {
  const { url, headers, body } = messageFor(target, notice, vapid);
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const answer = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' });
    await answer.body?.cancel();
    return answer.status;
  } catch {
    return 0;
  }
}

function messageFor(target: Target, notice: Notice, vapid: VapidKey | undefined): Message {
  switch (target.kind) {
    case 'webhook':
      return webhookMessage(target, notice);
    case 'ntfy':
      return ntfyMessage(target, notice);
    case 'webpush': {
      if (vapid === undefined) throw new Error('a web push needs the key it was subscribed with');
      return pushMessage(target, notice, vapid);
    }
  }
}

type Of<K extends Target['kind']> = Extract<Target, { kind: K }>;

/** `ioi-signature: t=SECONDS,v1=HEX`, an HMAC-SHA256 over `SECONDS.BODY`. */
function webhookMessage({ url, secret }: Of<'webhook'>, notice: Notice): Message {
  const text = JSON.stringify(notice);
  const seconds = secondsNow();
  const code = createHmac('sha256', secret).update(`${seconds}.${text}`).digest('hex');
  const signature = `t=${seconds},v1=${code}`;
  const headers = { 'content-type': 'application/json', 'ioi-signature': signature };
  return { url, headers, body: bytesOf(text) };
}

function ntfyMessage({ url, token }: Of<'ntfy'>, notice: Notice): Message {
  const { title, body } = noticeWords(notice);
  const bearer: Record<string, string> =
    token === undefined ? {} : { authorization: `Bearer ${token}` };
  const headers = { title, priority: 'high', tags: 'hourglass', ...bearer };
  return { url, headers, body: bytesOf(body) };
}

function pushMessage({ subscription }: Of<'webpush'>, notice: Notice, vapid: VapidKey): Message {
  const { private_key } = newVapidKey();
  const text = bytesOf(JSON.stringify({ ...noticeWords(notice), ...notice }));
  const body = encryptPush(text, subscription, { salt: randomBytes(16), private_key });
  const { endpoint: url } = subscription;
  const headers = {
    authorization: vapidHeader(url, vapid, secondsNow()),
    'content-encoding': 'aes128gcm',
    'content-type': 'application/octet-stream',
    ttl: KEPT_SECONDS,
    urgency: 'high',
  };
  return { url, headers, body: Uint8Array.from(body) };
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function secondsNow(): number {
  return Math.floor(Date.now() / 1000);
}
