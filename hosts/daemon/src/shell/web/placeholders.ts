import { secureUrl } from '@ioi/basis';
import type { WebAct, WebRefusal } from '@ioi/gateway';
import type { RunCredential } from '@ioi/protocol';
import { holdsPlaceholder, isAuthorising } from '@ioi/wallet/client';

/** A secret that requests of one run may stand in for, by what they carry in its place. */
export type Standing = RunCredential & { readonly placeholder: string };

/** Of one request: the secret that belongs in it, if any, or why it does not go out. */
export type Carrying =
  | { readonly kind: 'plain' }
  | { readonly kind: 'secret'; readonly standing: Standing }
  | { readonly kind: 'refused'; readonly refusal: WebRefusal };

/** Only in headers that are for it, and only to where the secret is bound to. */
export function carryingOf(act: WebAct, all: readonly Standing[]): Carrying {
  const held = all.filter((each) => isIn(act, each.placeholder));
  const [standing, ...others] = held;
  if (standing === undefined) return { kind: 'plain' };
  const { name, origin, placeholder } = standing;
  if (others.length > 0) {
    return refused('web.placeholder_twice', 'a request carries one secret, and no second');
  }
  if (act.isSocket) {
    return refused('web.upgrade_refused', `${name} is put into requests, into no WebSocket`);
  }
  if (secureUrl(act.url)?.origin !== origin) {
    return refused('web.placeholder_elsewhere', `${name} is bound to ${origin} alone`);
  }
  if (readings(act.url).some((each) => each.includes(placeholder))) {
    return refused('web.placeholder_in_url', `${name} goes in a header: URLs are written down`);
  }
  if (isInBody(act, placeholder)) {
    return refused('web.placeholder_in_body', `${name} goes in a header: bodies are kept`);
  }
  const wrong = act.headers.find(
    (each) =>
      holdsPlaceholder(each, placeholder) && !isAuthorising(each[0]) && each[0] !== standing.header,
  );
  if (wrong === undefined) return { kind: 'secret', standing };
  return refused('web.placeholder_header', `${wrong[0]} is no header that ${name} is put into`);
}

function isIn(act: WebAct, placeholder: string): boolean {
  return (
    act.headers.some((each) => holdsPlaceholder(each, placeholder)) ||
    readings(act.url).some((each) => each.includes(placeholder)) ||
    isInBody(act, placeholder)
  );
}

function isInBody({ body }: WebAct, placeholder: string): boolean {
  return body !== undefined && Buffer.from(body).includes(placeholder);
}

function readings(url: string): string[] {
  try {
    return [url, decodeURIComponent(url)];
  } catch {
    return [url];
  }
}

function refused(code: WebRefusal['code'], message: string): Carrying {
  return { kind: 'refused', refusal: { code, message } };
}
