import { until } from '@ioi/basis/testing';
import type { Answer } from './node-process.ts';

/** What waits for a person, as the guardian lists it. */
export type Waiting = {
  readonly request_hash: string;
  readonly expires: string;
  readonly request: { readonly params: Readonly<Record<string, unknown>> };
  readonly contract: { readonly risk_class: string };
};

type Approver = { guardianApi(method: string, path: string): Promise<Answer> };

/** The first of what waits for a person that is as wanted, once there is one. */
export function waitingAt(
  approver: Approver,
  isWanted: (waiting: Waiting) => boolean = () => true,
): Promise<Waiting> {
  return until('it waits for a person', async () => {
    const { body } = await approver.guardianApi('GET', '/pending');
    return (body['pending'] as Waiting[] | undefined)?.find(isWanted);
  });
}
