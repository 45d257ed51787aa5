import { visible } from '../../core/visible.ts';
import type { Command } from '../../shell/context.ts';
import { findAuthority } from '../../shell/find-authority.ts';
import { signShown } from '../../shell/governance.ts';

/** `ioi wallet revoke ID`: a grant, or a certificate with all that hangs below it. */
export const walletRevoke: Command = async (context, [given = ''], options) => {
  const [{ grants }, { certificates }] = await Promise.all([
    context.wallet.grants(),
    context.wallet.certificates(),
  ]);
  const ids = [
    ...grants
      .filter((each) => each.ended === undefined)
      .map((each) => each.grant.authority_grant_id),
    ...certificates.map((each) => each.certificate.certificate_id),
  ];
  const id = findAuthority(given, ids, 'ioi wallet grants');
  const wish = id.startsWith('cert_')
    ? { operation: 'certificate.revoke', asked: { certificate_id: id } }
    : { operation: 'grant.revoke', asked: { authority_grant_id: id } };
  const signed = await signShown(context, options, wish);
  context.output.say([`revoked: ${id}`], { revoked: id, ...signed });
  return undefined;
};

/** `ioi wallet revoke-all`: the next revocation epoch. */
export const walletRevokeAll: Command = async (context, _, options) => {
  const signed = await signShown(context, options, { operation: 'epoch.advance', asked: {} });
  const { revocation_epoch } = signed.review.statement as Record<string, unknown>;
  const line = `revoked: everything given before epoch ${visible(String(revocation_epoch))}`;
  context.output.say([line], { revocation_epoch, ...signed });
  return undefined;
};
