import { largeValues, type PendingItem } from '../core/pending-view.ts';
import type { DaemonApi } from './node-api.ts';

/**
 * Texts of an item's large values. They come from the daemon, but only what has the digest that
 * the guardian's copy names is taken, so the daemon cannot show anything else.
 */
export async function payloadsOf(
  item: PendingItem,
  daemon: DaemonApi,
): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const digest of largeValues(item.request)) {
    const text = await daemon.payload(digest).catch(() => undefined);
    if (text !== undefined) texts.set(digest, text);
  }
  return texts;
}
