import type { BucketConfig } from '../../core/bucket/bucket.ts';
import type { BucketCode } from '../../core/bucket/codes.ts';

export type BucketData = { readonly config: BucketConfig; readonly folder: string };

export type BucketWork = {
  readonly id: number;
  readonly kind: 'store' | 'recall' | 'remove';
  readonly file: string;
  readonly bytes: number;
  /** One number, told when it is done, for whoever waits without listening. */
  readonly done?: SharedArrayBuffer;
};

export type BucketAnswer = {
  readonly id: number;
  readonly fault?: { readonly code: BucketCode; readonly reason: string };
};
