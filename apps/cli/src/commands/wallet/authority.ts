import type { ShownCertificate } from '@ioi/protocol';
import { certificateLines, grantLines, requestLines } from '../../core/authority-view.ts';
import { type Command, flagOption } from '../../shell/context.ts';

/** `ioi wallet requests` */
export const walletRequests: Command = async ({ wallet, output }) => {
  const page = await wallet.requests();
  const lines = page.requests.flatMap((each) => requestLines(each));
  output.say(lines.length === 0 ? ['nobody waits for scopes'] : lines, page);
  return undefined;
};

/** `ioi wallet grants [--all]` */
export const walletGrants: Command = async ({ wallet, output }, _, options) => {
  const { grants: all, revocation_epoch } = await wallet.grants();
  const grants = all.filter((each) => flagOption(options, 'all') || each.ended === undefined);
  const lines = grants.flatMap((each) => grantLines(each));
  const page = { revocation_epoch, grants };
  output.say([...lines, `revocation epoch ${revocation_epoch}`], page);
  return undefined;
};

/** `ioi wallet leases` */
export const walletLeases: Command = async ({ wallet, output }) => {
  const { grants: all, revocation_epoch } = await wallet.grants();
  const isLease = all.filter(({ grant, ended }) => {
    return ended === undefined && grant.request_hash === undefined;
  });
  const lines = isLease.flatMap((each) => grantLines(each));
  const page = { revocation_epoch, grants: isLease };
  output.say(lines.length === 0 ? ['no leases are in force'] : lines, page);
  return undefined;
};

/** `ioi wallet certificates [--all]`: each stands below the one it hangs by. */
export const walletCertificates: Command = async ({ wallet, output }, _, options) => {
  const all = (await wallet.certificates()).certificates;
  const shown = all.filter((each) => flagOption(options, 'all') || each.ended === undefined);
  const certificates = shown.toSorted((one, other) => (placeOf(one) < placeOf(other) ? -1 : 1));
  const lines = certificates.flatMap((each) => certificateLines(each));
  output.say(lines.length === 0 ? ['no certificates are in force'] : lines, { certificates });
  return undefined;
};

function placeOf({ path, certificate }: ShownCertificate): string {
  return [...path, certificate.certificate_id].join(' ');
}
