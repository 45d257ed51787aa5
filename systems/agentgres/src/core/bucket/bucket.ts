import { secureUrl } from '@ioi/basis';

/** A bucket that speaks the protocol of S3, as node.json names it in `artifacts`. */
export type BucketConfig = {
  readonly kind: 's3';
  /** `https:`, or `http:` on this machine; no path. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** Before every name, `/` at its end; for what several nodes share. */
  readonly prefix?: string;
  /** Where the bucket is named: in the path, unless it is told to be in the host. */
  readonly style?: 'path' | 'host';
  /** `file:/absolute/path`, or `systemd:NAME` of `$CREDENTIALS_DIRECTORY`. */
  readonly credentials: string;
  /** Absolute path of certificates in PEM that are believed besides those of the system. */
  readonly ca?: string;
  /** How long one answer may keep silent. */
  readonly seconds?: number;
  /** Bytes that may wait here to be written there; past that no long content is taken. */
  readonly spool_bytes?: number;
  /** Bytes that stay here as well, once they are there. */
  readonly local_bytes?: number;
  /** `home`: everything is brought back, and nothing is written there. */
  readonly moving?: 'home';
};

export const BUCKET_SECONDS = 10;
export const SPOOL_BYTES = 4 * 1024 ** 3;
export const LOCAL_BYTES = 1024 ** 3;

const FIELDS = [
  ...['kind', 'endpoint', 'region', 'bucket', 'prefix', 'style', 'credentials', 'ca', 'seconds'],
  ...['spool_bytes', 'local_bytes', 'moving'],
];
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const PREFIX = /^([A-Za-z0-9_-]{1,64}\/){1,8}$/;
const CREDENTIALS = /^(file:\/[^\0]{1,1000}|systemd:[A-Za-z0-9_.-]{1,64})$/;

/** What is wrong with it, its place first; nothing of it that could be secret is repeated. */
export function wrongInBucket(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return ' must be an object';
  const given = value as Record<string, unknown>;
  const unknown = Object.keys(given).find((key) => !FIELDS.includes(key));
  if (unknown) return `/${unknown} is not known; known are ${FIELDS.join(', ')}`;
  const { kind, endpoint, region, bucket, prefix = 'a/', credentials } = given;
  if (kind !== 's3') return '/kind must be "s3"; without /artifacts contents stay on this disk';
  if (!isOrigin(endpoint)) {
    return '/endpoint must be https:// and a host, or http:// on this machine, without a path';
  }
  if (typeof region !== 'string' || !/^[a-z0-9-]{1,64}$/.test(region)) {
    return '/region must be a name such as us-east-1';
  }
  if (!isText(bucket, BUCKET) || String(bucket).includes('..')) {
    return '/bucket must be the name of a bucket';
  }
  if (!isText(prefix, PREFIX))
    return '/prefix must be names of letters and digits, each with / after it';
  if (!isText(credentials, CREDENTIALS)) {
    return '/credentials must be file:/PATH or systemd:NAME; keys themselves stand in no node.json';
  }
  return wrongInRest(given);
}

function wrongInRest(given: Record<string, unknown>): string | undefined {
  const { style = 'path', ca = '/', moving = 'home', seconds = 1 } = given;
  const { spool_bytes: spool = 1, local_bytes: local = 0 } = given;
  if (style !== 'path' && style !== 'host') return '/style must be "path" or "host"';
  if (style === 'host' && !String(given['endpoint']).startsWith('https:')) {
    return '/style must be "path" on this machine: a name before its own may be of another one';
  }
  if (!isText(ca, /^\/[^\0]{0,1000}$/)) return '/ca must be an absolute path';
  if (moving !== 'home') return '/moving must be "home", or absent';
  if (!isWhole(seconds, 1, 300)) return '/seconds must be a whole number from 1 to 300';
  if (!isWhole(spool, 1)) return '/spool_bytes must be a whole number';
  return isWhole(local, 0) ? undefined : '/local_bytes must be a whole number';
}

/** Which place it is, whoever may enter it; what stands there is found nowhere else. */
export function bucketPlace({ endpoint, bucket, prefix = '' }: BucketConfig): string {
  return `${secureUrl(endpoint)?.origin ?? ''}/${bucket}/${prefix}`;
}

/** Origin and path of an object. */
export function objectUrl(config: BucketConfig, name: string): { origin: string; path: string } {
  const { bucket, prefix = '', style = 'path' } = config;
  const origin = secureUrl(config.endpoint)?.origin ?? '';
  const path = `/${prefix}${name}`;
  if (style === 'path') return { origin, path: `/${bucket}${path}` };
  return { origin: origin.replace('://', `://${bucket}.`), path };
}

function isOrigin(value: unknown): boolean {
  const url = typeof value === 'string' ? secureUrl(value) : undefined;
  return url !== undefined && url.href === `${url.origin}/`;
}

function isText(value: unknown, shape: RegExp): boolean {
  return typeof value === 'string' && shape.test(value);
}

function isWhole(value: unknown, least: number, most = Number.MAX_SAFE_INTEGER): boolean {
  return Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most;
}
