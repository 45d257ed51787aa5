import { err, ok, type Result } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import type { FactorEnrolled } from '@ioi/protocol';
import { factorIn, type Refusal, type Registration } from '../core/index.ts';
import type { PageSession } from './page-sessions.ts';
import type { StatementDesk } from './statement-desk.ts';

export type Enrolled = { readonly factor_id: string; readonly label: string };

/** The passkey a page made when it was asked to; it approves nothing yet. */
export function factorMade(
  session: PageSession,
  registration: Registration,
): Result<FactorEnrolled, Refusal> {
  const { registering, place } = session;
  delete session.registering;
  if (registering === undefined) {
    return err({ code: 'page.not_asked', message: 'ask for a passkey first' });
  }
  const digest = registering.challenge as Digest;
  return factorIn(registration, { digest, ...place, ...registering });
}

/** The owner signs that this passkey approves from now on. */
export async function enrol(
  statements: StatementDesk,
  factor: FactorEnrolled,
  passphrase: string,
): Promise<Result<Enrolled, Refusal>> {
  const wish = { operation: 'factor.enroll', asked: { factor } };
  const review = statements.review(wish);
  if (!review.ok) return review;
  const signed = await statements.sign(wish, review.value.review_hash, passphrase);
  if (!signed.ok) return signed;
  return ok({ factor_id: factor.factor_id, label: factor.label });
}
