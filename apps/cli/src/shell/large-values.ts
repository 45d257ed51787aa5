import { contentsIn, unsaltedText } from '@ioi/law';
import type { PendingItem } from '../core/pending-view.ts';
import type { DaemonApi } from './node-api.ts';

/**
 * Contents that an item refers to. They come from the daemon, but only what has the digest that
 * the guardian's copy names is taken, so the daemon cannot show anything else.
 */
export async function payloadsOf(
  item: PendingItem,
  daemon: DaemonApi,
): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const digest of contentsIn(item.request.params)) {
    const salted = await daemon.payload(digest).catch(() => undefined);
    const text = salted === undefined ? undefined : unsaltedText(salted);
    if (text !== undefined) texts.set(digest, text);
  }
  return texts;
}
