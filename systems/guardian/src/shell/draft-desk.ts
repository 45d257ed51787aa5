import { err, ok, type Result } from '@ioi/basis';
import { isShowable, type PolicyView, policyView, type Refusal } from '../core/index.ts';
import { type Activated, type Approver, moved } from './approver.ts';
import type { PageSession } from './page-sessions.ts';

/** A policy that somebody wrote elsewhere, as this page's person looks at it. */
export type PolicyDraft = {
  readonly text: string;
  readonly replaces: string | undefined;
  readonly view: PolicyView;
};

/**
 * Policies handed to a page. Handing one over changes nothing: the owner signs the text that the
 * guardian read itself, and only onto the policy it was compared with.
 */
export class DraftDesk {
  readonly #approver: Approver;

  constructor(approver: Approver) {
    this.#approver = approver;
  }

  /** @param replaces The policy that whoever wrote this one knew to be in force. */
  async propose(
    session: PageSession,
    text: string,
    replaces: string | undefined,
  ): Promise<Result<PolicyView, Refusal>> {
    const summary = await this.#approver.review(text);
    if (!summary.ok) return summary;
    if (summary.value.replaces !== replaces) return moved();
    if (!isShowable(summary.value)) {
      const message = 'it changes more than a page shows: ioi policy activate FILE';
      return err({ code: 'policy.too_long_to_show', message });
    }
    const view = policyView(summary.value);
    session.draft = { text, replaces, view };
    return ok(view);
  }

  leave(session: PageSession): void {
    delete session.draft;
  }

  async activate(
    session: PageSession,
    policyHash: string,
    passphrase: string,
  ): Promise<Result<Activated, Refusal>> {
    const { draft } = session;
    if (draft === undefined || draft.view.policy_hash !== policyHash) {
      return err({ code: 'policy.not_shown', message: 'this page shows another policy, or none' });
    }
    const { text, replaces } = draft;
    const activated = await this.#approver.activate(text, passphrase, { replaces });
    if (activated.ok && session.draft === draft) delete session.draft;
    return activated;
  }
}
