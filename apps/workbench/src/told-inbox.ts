import type { InboxPage } from '@ioi/protocol';

type Item = InboxPage['pending'][number];
/** `item`: as it waits; undefined: it waits no more. `at`: ms, when that was told. */
type Change = { readonly hash: string; readonly item: Item | undefined; readonly at: number };

/** What was told longer ago stands in every page that is read now. */
const KEPT_MS = 30_000;

/** Changes of the inbox that came by themselves, for pages that were asked for before them. */
export class ToldInbox {
  #changes: readonly Change[] = [];

  tell(changes: readonly Change[]): void {
    const oldest = performance.now() - KEPT_MS;
    this.#changes = [...this.#changes.filter(({ at }) => at > oldest), ...changes];
  }

  /** A page that was asked for at that time, ms, with what was told since. */
  since(asked: number, page: InboxPage): InboxPage {
    return withChanges(
      page,
      this.#changes.filter(({ at }) => at >= asked),
    );
  }
}

/** Whoever waits already keeps its place. */
export function withChanges(page: InboxPage, changes: readonly Change[]): InboxPage {
  const last = new Map(changes.map((change) => [change.hash, change.item]));
  if (last.size === 0) return page;
  const kept = page.pending.flatMap((each) => {
    if (!last.has(each.request_hash)) return [each];
    const item = last.get(each.request_hash);
    last.delete(each.request_hash);
    return item === undefined ? [] : [item];
  });
  return {
    ...page,
    pending: [...kept, ...[...last.values()].filter((item) => item !== undefined)],
  };
}
