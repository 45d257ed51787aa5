import { err, ok, type Result } from '@ioi/basis';
import { SIGNED_IN_PATH } from './sign-in.ts';

/**
 * The small page that another page may open beside itself. It shows nothing before a person lets
 * it in, on the page that opened without anybody else's help.
 */
export const BESIDE_PATH = '/beside';

/** Where a page of the guardian is, as the browser names it. */
export type PagePlace = {
  /** `http://localhost:4747`. */
  readonly origin: string;
  /** Host and port, as in the Host header. */
  readonly host: string;
  readonly rpId: string;
  /** Another device, over the listener that the owner opened. */
  readonly isDevice: boolean;
};

export type Asking = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
};

export type Guarded = { readonly kind: 'asset' | 'act'; readonly path: string };

export function placeOf(origin: string): PagePlace {
  const [, host = ''] = origin.split('://');
  const [rpId = ''] = host.split(':');
  return { origin, host, rpId, isDevice: origin.startsWith('https://') };
}

/**
 * Whether a request may come from the page itself or from a person who opened it: its name and no
 * other, no frame, no other origin, nothing but GET of what is drawn and POST of JSON. Everything
 * else is refused before anything is looked up, whatever secrets come along.
 */
export function guardRequest(
  { method, path, headers }: Asking,
  place: PagePlace,
): Result<Guarded, string> {
  if (headers['host'] !== place.host) return err('page.wrong_host');
  if (headers['upgrade'] !== undefined) return err('page.no_upgrade');
  const site = headers['sec-fetch-site'];
  if (method === 'GET') return guardAsset(path, site, headers);
  if (method !== 'POST') return err('page.wrong_method');
  if (headers['origin'] !== place.origin) return err('page.wrong_origin');
  if (site !== 'same-origin') return err('page.cross_site');
  if (headers['sec-fetch-dest'] !== 'empty') return err('page.not_fetched');
  if (headers['content-type'] !== 'application/json') return err('page.not_json');
  return ok({ kind: 'act', path });
}

function guardAsset(
  path: string,
  site: Asking['headers'][string],
  headers: Asking['headers'],
): Result<Guarded, string> {
  const to = headers['sec-fetch-dest'];
  // A provider sends people back from its own site; what it sends along says nothing by itself.
  const isReturn = path.startsWith(`${SIGNED_IN_PATH}?`);
  if (isReturn && to === 'document') return ok({ kind: 'asset', path: SIGNED_IN_PATH });
  if (path === BESIDE_PATH && to === 'document') return ok({ kind: 'asset', path });
  const isOpened = site === 'none' || site === 'same-origin';
  if (!isOpened) return err('page.cross_site');
  const wanted = path === '/' ? ['document'] : ['script', 'style', 'empty'];
  return wanted.some((each) => each === to) ? ok({ kind: 'asset', path }) : err('page.framed');
}
