/**
 * What may come of asking a bucket. `unreachable`, `slow` and `failing` are asked again by
 * themselves; the rest takes a person.
 */
export type BucketCode =
  | 'bucket.unreachable'
  | 'bucket.slow'
  | 'bucket.failing'
  | 'bucket.untrusted'
  | 'bucket.redirected'
  | 'bucket.denied'
  | 'bucket.unknown'
  | 'bucket.missing'
  | 'bucket.refused'
  | 'bucket.other_content'
  | 'bucket.no_credentials'
  | 'bucket.absent';

const PASSING: readonly BucketCode[] = ['bucket.unreachable', 'bucket.slow', 'bucket.failing'];

export function isPassing(code: BucketCode): boolean {
  return PASSING.includes(code);
}

/** What an answer without success means; `said` is the code in its body, where it has one. */
export function codeOfAnswer(status: number, said: string): BucketCode {
  if (status >= 300 && status < 400) return 'bucket.redirected';
  if (status === 429 || status >= 500 || said === 'RequestTimeout') return 'bucket.failing';
  if (status === 401 || status === 403) return 'bucket.denied';
  if (status === 404) return said === 'NoSuchBucket' ? 'bucket.unknown' : 'bucket.missing';
  return said === 'XAmzContentSHA256Mismatch' ? 'bucket.other_content' : 'bucket.refused';
}

const NEXT: Readonly<Record<BucketCode, string>> = {
  'bucket.unreachable': 'nothing is lost: it is asked again; see that its host can be reached',
  'bucket.slow': 'nothing is lost: it is asked again; /artifacts/seconds may be too few',
  'bucket.failing': 'nothing is lost: it is asked again; look at the bucket itself',
  'bucket.untrusted': 'name the certificates it is to be believed by in /artifacts/ca',
  'bucket.redirected': 'name its own endpoint and region in /artifacts: it leads elsewhere',
  'bucket.denied': 'see that the credentials may read, write and delete there, and the clock',
  'bucket.unknown': 'make the bucket, or name the right one in /artifacts',
  'bucket.missing': 'put the object back from a copy of the bucket',
  'bucket.refused': 'see what the bucket allows',
  'bucket.other_content': 'put the object back from a copy of the bucket: it was changed',
  'bucket.no_credentials': 'see /artifacts/credentials: JSON that is for your account alone',
  'bucket.absent': 'name the bucket in /artifacts of node.json again',
};

/** What to do about it. */
export function nextFor(code: BucketCode): string {
  return NEXT[code];
}
