import type { Ground } from './ground.ts';

/**
 * One way to approve what one asked for oneself. It tells whether it was refused as it should be;
 * that nothing was approved is looked at afterwards, whatever it tells.
 */
export type Case = {
  readonly name: string;
  readonly attempt: (ground: Ground) => Promise<boolean>;
};

/** Everything but an answer of success. */
export function isRefused({ status }: { readonly status: number }): boolean {
  return status !== 200;
}
