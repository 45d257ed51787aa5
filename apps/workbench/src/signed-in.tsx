import { clipped } from '@ioi/law/shown';
import type { RoleSessionView } from '@ioi/protocol';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { REREAD_MS, read, status } from './api.ts';
import { BUTTON, Failed, Notice } from './parts.tsx';
import { beginSignIn, refusedBecause, signOut } from './session.ts';

/** Whoever came by a link of the owner's has all that the Workbench may. */
const own = queryOptions({
  queryKey: ['role-session'],
  queryFn: () => read<RoleSessionView>('/v1/role-session'),
  refetchInterval: REREAD_MS,
});

/** Whether whoever looks may keep agents from asking, and keep workflows. */
export function useMayRun(): boolean {
  const { data } = useQuery(own);
  return data?.roles.some((role) => role === 'owner' || role === 'operator') ?? false;
}

/** Who is signed in, with which role; nobody where a link of the owner's let this tab in. */
export function SignedIn() {
  const { data } = useQuery(own);
  if (data?.subject === undefined) return null;
  const { subject, roles } = data;
  const leave = () => void signOut().then(() => location.reload());
  return (
    <p className="flex flex-wrap items-center gap-3 text-sm">
      <span>{`Signed in as ${clipped(subject, 80)}: ${roles.join(', ')}`}</span>
      <button type="button" onClick={leave} className={BUTTON}>
        Sign out
      </button>
    </p>
  );
}

/** Somebody acts as owner because the organisation lets them: everybody is told. */
export function GlassBroken() {
  const broken = useQuery(status).data?.glass_broken ?? [];
  return broken.map(({ subject, reason, expires }) => {
    const until = new Date(Number(expires)).toISOString();
    return (
      <Notice key={`${subject} ${expires}`} tone="bad">
        {clipped(`GLASS BROKEN: ${subject} acts as owner until ${until}: ${reason}`, 400)}
      </Notice>
    );
  });
}

/** Where a tab is let in by nobody's link: at the provider of the organisation. */
export function SignIn() {
  const [fault, setFault] = useState<Error | undefined>(undefined);
  const refused = refusedBecause();
  const begin = () => beginSignIn().catch((thrown: Error) => setFault(thrown));
  return (
    <div>
      <button type="button" onClick={() => void begin()} className={BUTTON}>
        Sign in with your organisation
      </button>
      {refused === undefined ? null : <Notice tone="bad">{clipped(refused, 400)}</Notice>}
      {fault === undefined ? null : <Failed fault={fault} />}
    </div>
  );
}
