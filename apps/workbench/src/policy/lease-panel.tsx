import { canonicalJson } from '@ioi/canon';
import { policyHash } from '@ioi/law';
import type { ActionRules, InboxPage } from '@ioi/protocol';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { useDeciding } from '../deciding.ts';
import { BUTTON, Failed, Foreign, Notice } from '../parts.tsx';
import { requests } from '../wallet-queries.ts';
import { leasing } from './leasing.ts';

type LeasePanelProps = {
  readonly item: InboxPage['pending'][number];
  readonly close: () => void;
};

/** What need not be asked about for a while, and one more key that hands it to the guardian. */
export function LeasePanel({ item, close }: LeasePanelProps) {
  const scopes = useQuery(requests);
  const lease = useQuery(leasing(item));
  const wanted = scopes.data?.requests.find((each) => each.request_hash === item.request_hash);
  const error = scopes.error ?? lease.error;
  if (error) return <Failed fault={error} />;
  if (scopes.isPending || lease.isPending) return <p role="status">Working out a lease.</p>;
  if (wanted !== undefined) return <OfScopes id={wanted.authority_request_id} close={close} />;
  const { found, active, unread = 0 } = lease.data ?? {};
  if (found === undefined || 'reason' in found) {
    return <p role="status">No lease: {found?.reason ?? 'nothing was worked out'}.</p>;
  }
  const { target, reach, hits, draft } = found;
  return (
    <>
      <p>
        A lease for eight hours and 50 calls of <Foreign text={target} />: about{' '}
        <Foreign text={reach} />.{hits === 0 ? '' : ` You approved ${hits} of it before.`} It is a
        rule of your policy, for any agent here; this one is decided by itself.
      </p>
      {unread === 0 ? null : (
        <Notice tone="warn">
          What was denied in the first {unread} entries of the log was not looked at, and may be
          among it: <code>ioi policy leases</code> reads all.
        </Notice>
      )}
      <HandOver draft={draft} active={active} close={close} />
    </>
  );
}

function OfScopes({ id, close }: { id: string; close: () => void }) {
  const deciding = useDeciding();
  const hand = (): void => {
    deciding?.lease(id);
    close();
  };
  return (
    <>
      <p>A lease for eight hours and 50 acts over the scopes that it asks for, which lets it go.</p>
      <Hand hand={hand} />
    </>
  );
}

type HandOverProps = {
  readonly draft: ActionRules;
  readonly active: ActionRules | undefined;
  readonly close: () => void;
};

function HandOver({ draft, active, close }: HandOverProps) {
  const deciding = useDeciding();
  const canonical = canonicalJson(draft);
  if (!canonical.ok) return null;
  const hand = (): void => {
    deciding?.propose(canonical.value, active && policyHash(active));
    close();
  };
  return <Hand hand={hand} />;
}

/** It takes the focus, so that Enter is the second key; from nobody who went on meanwhile. */
function Hand({ hand }: { hand: () => void }) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const place = button.current?.closest('article');
    if (place?.contains(document.activeElement)) button.current?.focus();
  }, []);
  return (
    <p className="mt-2 flex flex-wrap items-center gap-2">
      <button ref={button} type="button" className={BUTTON} onClick={hand}>
        Hand it to the guardian
      </button>
      <span>whose page shows it and asks for the passphrase. Escape closes this.</span>
    </p>
  );
}
