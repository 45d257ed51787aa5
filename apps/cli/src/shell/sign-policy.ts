import type { ActionRules } from '@ioi/protocol';
import type { PolicyReview } from '../core/policy-review.ts';
import { reviewView } from '../core/policy-view.ts';
import type { Context, Options } from './context.ts';
import { canonicalText, keepPolicy } from './policy-file.ts';
import { confirmed } from './step-up.ts';
import { ownerPassphrase } from './waiting.ts';

type Signed = Omit<PolicyReview & { readonly confirm?: string }, 'confirm'>;
type Authored = { readonly rules: ActionRules };

/** What activating these rules would mean, as the guardian reads them; nothing is signed. */
export async function showReview({ guardian, output }: Context, policy: Authored): Promise<void> {
  const review = await guardian.review(canonicalText(policy));
  for (const line of reviewView(review, output.paint)) output.note(line);
}

/** Shows that, then has the guardian sign with the owner's passphrase. */
export async function signPolicy(
  context: Context,
  policy: Authored,
  options: Options,
): Promise<Signed> {
  await showReview(context, policy);
  const text = canonicalText(policy);
  const passphrase = await ownerPassphrase(context, options);
  const { confirm, ...activated } = await context.guardian.activate(text, passphrase);
  if (confirm !== undefined) await confirmed(context, confirm);
  keepPolicy(context.home, activated.policy_hash, text);
  return activated;
}
