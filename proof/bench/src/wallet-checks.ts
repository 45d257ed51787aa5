import {
  type CertificateHead,
  HeadOverlay,
  refusalUnder,
  type Standing,
  scopedAct,
  standingOf,
  subjectOf,
  walletKeys,
} from '@ioi/law';
import { hashOf, requestOf, scopedWrite, TestNode, TestOwner } from '@ioi/law/testing';
import { interleave, median } from './measure.ts';
import type { Report } from './report.ts';

const ROUNDS = { batch: 200, rounds: 200, warmUp: 100 };
const DESCENDANTS = 100_000;
const REVOCATIONS = 101;

/** What deciding an act takes beyond the rules, and what taking authority back takes. */
export function checks(report: Report): void {
  const owner = new TestOwner(new TestNode());
  checked(owner, report);
  revoked(owner, report);
}

/** From the request whose values were read to whether the grant covers it, by a path of three. */
function checked(owner: TestOwner, report: Report): void {
  const manager = owner.certify('manager');
  const worker = owner.certify('worker', { parent_id: manager }, 'manager');
  const grantId = owner.give({ certificate_id: worker }, owner.keyOf('worker'));
  const request = requestOf('fs::write', { path: '/notes/a/b', content: 'x' }, 1);
  const subject = subjectOf(request, {});
  const hashes = { requestHash: hashOf(request), policyHash: hashOf('policy') };
  const now = { revocationEpoch: '0', chainTime: owner.node.chainTime };
  const check = (): number => {
    const standing = standingOf(grantId, owner.node.view, now) as Standing;
    const act = scopedAct({ request, subject, contract: scopedWrite }, hashes);
    if (refusalUnder(standing, act) !== undefined) throw new Error('it is covered');
    return act.resources.length;
  };
  const value = median(interleave({ check }, ROUNDS).check);
  const target = { op: '<=', value: 5 } as const;
  report.figure({ figure: 'grant_check_us', value, unit: 'us', target });
}

/** One certificate, under which many others hang: admitted and folded, signature included. */
function revoked(owner: TestOwner, report: Report): void {
  const top = owner.certify('top');
  const head = owner.certificateHead(top);
  const view = new HeadOverlay(owner.node.view);
  view.apply(Array.from({ length: DESCENDANTS }, (_, at) => descendant(head, top, at)));
  const proposed = owner.node.propose('wallet/certificate.revoke', owner.endCertificate(top));
  const samples: number[] = [];
  for (let count = 0; count < REVOCATIONS; count += 1) {
    const layer = new HeadOverlay(view);
    const start = performance.now();
    const admitted = owner.node.tryAdmit(proposed, layer);
    if (!admitted.ok) throw new Error(admitted.error.message);
    layer.apply(admitted.value.changes);
    samples.push(performance.now() - start);
    if (layer.get<CertificateHead>(walletKeys.certificate(top))?.status !== 'revoked') {
      throw new Error('it is revoked with all below it');
    }
  }
  const value = median(samples);
  const target = { op: '<=', value: 1 } as const;
  report.figure({ figure: 'revoke_ms@100k', value, unit: 'ms', target });
}

function descendant(head: CertificateHead, top: string, at: number) {
  const certificate_id = `cert_${at.toString(16).padStart(32, '0')}`;
  const certificate = { ...head.certificate, certificate_id, parent_id: top };
  const value: CertificateHead = { ...head, certificate, path: [top] };
  return { key: walletKeys.certificate(certificate_id), value };
}
