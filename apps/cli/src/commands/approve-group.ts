import type { PendingItem } from '../core/pending-view.ts';
import { type Context, type Options, textOption } from '../shell/context.ts';
import { usageFault } from '../shell/fault.ts';
import { readJson } from '../shell/governance.ts';
import type { Approved } from '../shell/node-api.ts';
import { beginSigning } from './wallet/threshold.ts';

/** `ioi approve ID --group FILE --out SIGNING`: members see the request beside what they sign. */
export async function beginGroupApproval(
  context: Context,
  { request, request_hash }: PendingItem,
  options: Options,
): Promise<undefined> {
  const document = await context.guardian.draftForGroup(request_hash);
  const about = { domain: 'SIG_DOMAIN_APPROVAL', document, attached: { request } } as const;
  beginSigning(context, textOption(options, 'group') ?? '', about, options);
  return undefined;
}

/** `ioi approve ID --signed FILE`: what `ioi wallet threshold finish` wrote. */
export async function groupApproval(
  { guardian }: Context,
  { request_hash }: PendingItem,
  path: string,
): Promise<Approved> {
  const { approval } = readJson(path) as { readonly approval?: Record<string, unknown> };
  if (approval?.['request_hash'] !== request_hash) {
    const message = `${path} is no approval of this request that a group signed`;
    throw usageFault(message, 'ioi wallet threshold finish SIGNING --out FILE');
  }
  const { signature, ...draft } = approval;
  return guardian.approveSigned(draft, signature);
}
