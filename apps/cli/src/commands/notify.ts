import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { secureUrl } from '@ioi/basis';
import { tabbed, table } from '../core/columns.ts';
import { meaningOf, testNotice } from '../core/notice.ts';
import { visible } from '../core/visible.ts';
import { deliver } from '../notify/deliver.ts';
import { readTargets, type Target, vapidIn, writeTargets } from '../notify/targets.ts';
import { bytes, type Subscription } from '../notify/web-push.ts';
import { type Command, flagOption, needNode, type Options, textOption } from '../shell/context.ts';
import { CommandFault, usageFault } from '../shell/fault.ts';

const COLUMNS = [
  { title: 'NAME', most: 32 },
  { title: 'KIND', most: 8 },
  { title: 'TOLD AT', most: 200 },
] as const;
const LIST = 'ioi notify list';
const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;
const MOST = 16;

/** `ioi notify add webhook|ntfy URL`, `ioi notify add webpush --subscription-stdin` */
export const notifyAdd: Command = async ({ home, output }, [kind = '', url], options) => {
  needNode(home);
  const name = textOption(options, 'name') ?? kind;
  if (!NAME.test(name)) throw usageFault(`${name} is no name: small letters, digits and -`);
  const made = targetOf(kind, name, { url, options });
  // Before the list is read: it may make the key, and write it there.
  if (made.kind === 'webpush') vapidIn(home);
  const known = readTargets(home);
  if (known.targets.some((each) => each.name === name)) {
    throw usageFault(`there is a ${name} already`, `ioi notify remove ${name}, or --name OTHER`);
  }
  if (known.targets.length >= MOST) throw usageFault(`${MOST} are told already`, LIST);
  writeTargets(home, { ...known, targets: [...known.targets, made] });
  const shownSecret = made.kind === 'webhook' && !flagOption(options, 'secretStdin');
  const secret = shownSecret ? { secret: made.secret } : {};
  const lines = [`${name} will be told; try it: ioi notify test ${name}`];
  if (shownSecret) lines.push(`its messages are signed with: ${made.secret}`);
  output.say(lines, { name, kind, ...secret });
  return undefined;
};

/** `ioi notify list`: where, and nothing that is secret. */
export const notifyList: Command = async ({ home, output }) => {
  needNode(home);
  const told = readTargets(home).targets.map((each) => ({
    name: each.name,
    kind: each.kind,
    url: placeOf(each),
  }));
  const rows = told.map(({ name, kind, url }) => [name, kind, url]);
  output.say(output.plain ? tabbed(rows) : table(COLUMNS, rows), { targets: told });
  return undefined;
};

/** `ioi notify remove NAME` */
export const notifyRemove: Command = async ({ home, output }, [name = '']) => {
  needNode(home);
  const known = readTargets(home);
  const targets = known.targets.filter((each) => each.name !== name);
  if (targets.length === known.targets.length) throw usageFault(`there is no ${name}`, LIST);
  writeTargets(home, { ...known, targets });
  output.say([`${name} is told no more`], { name });
  return undefined;
};

/** `ioi notify test [NAME]`: one try each, and what was answered. */
export const notifyTest: Command = async ({ home, output }, [name]) => {
  needNode(home);
  const { targets, vapid } = readTargets(home);
  const meant = targets.filter((each) => name === undefined || each.name === name);
  if (meant.length === 0) throw usageFault(`nobody is told as ${name ?? 'anything'}`, LIST);
  const results = await Promise.all(
    meant.map(async (each) => ({
      name: each.name,
      status: await deliver(each, testNotice, vapid),
    })),
  );
  const lines = results.map(({ name: of, status }) => {
    const answer = status === 0 ? 'no answer' : `status ${status}`;
    return `${of}: ${meaningOf(status) === 'sent' ? 'sent' : `not sent, ${answer}`}`;
  });
  const failed = results.filter(({ status }) => meaningOf(status) !== 'sent');
  output.say(lines, { results });
  if (failed.length === 0) return undefined;
  const message = `${failed.map((each) => each.name).join(', ')} could not be told`;
  throw new CommandFault({ exit: 'unexpected', code: 'notify.failed', message, next: LIST });
};

/** `ioi notify key`: what a browser subscribes with (applicationServerKey). */
export const notifyKey: Command = async ({ home, output }) => {
  needNode(home);
  const { public_key } = vapidIn(home);
  output.say([public_key], { public_key });
  return undefined;
};

type Giving = { readonly url: string | undefined; readonly options: Options };

function targetOf(kind: string, name: string, { url, options }: Giving): Target {
  if (kind === 'webpush') {
    if (flagOption(options, 'subscriptionStdin')) {
      return { name, kind, subscription: subscriptionIn(input()) };
    }
    throw usageFault('a subscription is read from standard input', '--subscription-stdin');
  }
  if (kind !== 'webhook' && kind !== 'ntfy') throw usageFault(`${kind}: webhook, ntfy or webpush`);
  const place = secureUrl(url ?? '');
  if (place === undefined) throw usageFault('say its URL: https, or http on this machine');
  if (kind === 'ntfy') {
    const token = flagOption(options, 'tokenStdin') ? { token: input().trim() } : {};
    return { name, kind, url: place.href, ...token };
  }
  const isGiven = flagOption(options, 'secretStdin');
  const secret = isGiven ? input().trim() : randomBytes(32).toString('base64url');
  if (secret.length < 16) throw usageFault('the secret of a webhook has 16 characters or more');
  return { name, kind, url: place.href, secret };
}

/** As browsers write it; what else is in it is left out. */
function subscriptionIn(text: string): Subscription {
  const wrong = usageFault('this is no PushSubscription as JSON', 'JSON.stringify(subscription)');
  let given: Partial<Subscription> | null;
  try {
    given = JSON.parse(text) as Partial<Subscription> | null;
  } catch {
    throw wrong;
  }
  const { endpoint, keys } = given ?? {};
  const place = secureUrl(String(endpoint));
  const [p256dh, auth] = [String(keys?.p256dh), String(keys?.auth)];
  const isWhole = bytes(p256dh).length === 65 && bytes(auth).length === 16;
  if (place === undefined || !isWhole) throw wrong;
  return { endpoint: place.href, keys: { p256dh, auth } };
}

function placeOf(target: Target): string {
  return visible(target.kind === 'webpush' ? target.subscription.endpoint : target.url);
}

function input(): string {
  if (process.stdin.isTTY) throw usageFault('it is read from standard input');
  return readFileSync(0, 'utf8');
}
