import { err, ok, type Result } from '@ioi/basis';
import type { GovernanceSigned } from '@ioi/protocol';
import {
  type Handed,
  isWishShowable,
  type Refusal,
  type WishView,
  wishOf,
  wishView,
} from '../core/index.ts';
import type { PageSession } from './page-sessions.ts';
import type { StatementDesk, Wish } from './statement-desk.ts';

/** A statement that somebody asked for elsewhere, as this page's person looks at it. */
export type HandedWish = { readonly wish: Wish; readonly view: WishView };

export type WishDeskOptions = {
  readonly statements: Pick<StatementDesk, 'review' | 'sign'>;
  readonly chainTime: () => bigint;
};

/**
 * Statements about authority handed to a page: what is to be taken back, or leased, by its id.
 * Handing one over changes nothing: the owner signs what the guardian drafted and showed.
 */
export class WishDesk {
  readonly #options: WishDeskOptions;

  constructor(options: WishDeskOptions) {
    this.#options = options;
  }

  propose(session: PageSession, handed: Handed): Result<WishView, Refusal> {
    const wish = wishOf(handed, this.#options.chainTime());
    if (wish === undefined) {
      return err({ code: 'wish.unknown', message: 'that is nothing a page may hand over' });
    }
    const review = this.#options.statements.review(wish);
    if (!review.ok) return review;
    if (!isWishShowable(review.value)) {
      const message = 'it gives more than a page shows: ioi wallet grant';
      return err({ code: 'wish.too_long_to_show', message });
    }
    const view = wishView(review.value);
    session.wish = { wish, view };
    return ok(view);
  }

  leave(session: PageSession): void {
    delete session.wish;
  }

  async sign(
    session: PageSession,
    reviewHash: string,
    passphrase: string,
  ): Promise<Result<GovernanceSigned, Refusal>> {
    const { wish: handed } = session;
    if (handed === undefined || handed.view.review_hash !== reviewHash) {
      return err({ code: 'wish.not_shown', message: 'this page shows another one, or none' });
    }
    const signed = await this.#options.statements.sign(handed.wish, reviewHash, passphrase);
    if (signed.ok && session.wish === handed) delete session.wish;
    return signed;
  }
}
