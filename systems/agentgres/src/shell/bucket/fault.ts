import { type BucketCode, nextFor } from '../../core/bucket/codes.ts';

/** What a bucket, or the way to it, did not do. Holds no secret. */
export class BucketFault extends Error {
  readonly code: BucketCode;
  readonly reason: string;

  constructor(code: BucketCode, reason: string) {
    super(`${reason}; ${nextFor(code)}`);
    this.code = code;
    this.reason = reason;
  }
}
