import type {
  CertificatesPage,
  GrantsPage,
  ScopeRequestsPage,
  ShownCertificate,
  ShownGrant,
} from '@ioi/protocol';
import { AtGuardian } from './at-guardian.tsx';
import { Command } from './command.tsx';
import { Listed } from './loaded.tsx';
import { Meter } from './meter.tsx';
import { Badge, CARD, Folded, Foreign } from './parts.tsx';
import { Until } from './until.tsx';

/** Of each kind: more are for the command line. */
const MOST = 100;
const ENDS: Readonly<Record<string, string>> = {
  status: 'revoked',
  revocation_epoch: 'void since everything was revoked',
  'constraints.expires_at': 'its time is over',
  'constraints.max_calls': 'used up',
};

type Bounds = ShownGrant['grant']['constraints'];
type Remaining = ShownGrant['remaining'];
type Scoped = { readonly authority_scopes: string[]; readonly resources: string[] };

export function Requests({ page: { requests } }: { page: ScopeRequestsPage }) {
  if (requests.length === 0) return <p>Nobody waits for authority.</p>;
  return (
    <Listed
      of={requests}
      most={MOST}
      more={<Command text="ioi wallet requests" />}
      idOf={(each) => each.authority_request_id}
    >
      {({ authority_request_id: id, subject_id, ...asked }) => (
        <article className={CARD}>
          <h3>
            <Foreign text={subject_id} /> asks for
          </h3>
          <Scopes
            authority_scopes={asked.authority_scopes_requested}
            resources={asked.resource_scope.resources}
          />
          <p>
            <AtGuardian
              words="Lease it for eight hours"
              about={id}
              order={(guardian) => guardian.lease(id)}
            />{' '}
            <Command text={`ioi wallet grant ${id}`} />{' '}
            <Command text={`ioi wallet deny-request ${id}`} />
          </p>
        </article>
      )}
    </Listed>
  );
}

export function Grants({ page }: { page: GrantsPage }) {
  const standing = page.grants.filter(({ ended }) => ended === undefined);
  const over = page.grants.filter(({ ended }) => ended !== undefined);
  return (
    <>
      {standing.length === 0 ? (
        <p>
          None is in force. What takes a scope waits until it is granted;{' '}
          <code>ioi wallet ask</code> asks ahead of any act.
        </p>
      ) : (
        <p className="mb-2">
          To take back everything given so far, approvals too:{' '}
          <AtGuardian
            words="Take everything back"
            order={(guardian) => guardian.takeBack('everything')}
          />{' '}
          or <Command text="ioi wallet revoke-all" />
        </p>
      )}
      <GrantList of={standing} />
      {over.length === 0 ? null : (
        <Folded className="mt-2" summary={`Ended (${over.length})`}>
          {() => <GrantList of={over} />}
        </Folded>
      )}
    </>
  );
}

function GrantList({ of }: { of: readonly ShownGrant[] }) {
  return (
    <Listed
      of={of}
      most={MOST}
      more={<Command text="ioi wallet grants --all" />}
      idOf={({ grant }) => grant.authority_grant_id}
    >
      {(each) => <Grant shown={each} />}
    </Listed>
  );
}

function Grant({ shown }: { shown: ShownGrant }) {
  const { grant, remaining, path, ended } = shown;
  const { authority_grant_id: id, subject_id, request_hash, constraints } = grant;
  return (
    <article className={CARD}>
      <h3 className="flex flex-wrap items-center gap-2">
        <Standing ended={ended} />
        <Badge tone="plain">{request_hash === undefined ? 'lease' : 'one act'}</Badge>
        <Foreign text={subject_id} />
      </h3>
      <Scopes {...grant} />
      <Left {...{ constraints, remaining, name: id }} />
      {path.length === 0 ? null : (
        <p>
          under <Foreign text={path.join(' ')} />
        </p>
      )}
      <p>
        <Foreign text={id} />
      </p>
      {ended === undefined ? (
        <p>
          <TakeBack id={id} /> or <Command text={`ioi wallet revoke ${id}`} />
        </p>
      ) : null}
    </article>
  );
}

export function Certificates({ page: { certificates } }: { page: CertificatesPage }) {
  if (certificates.length === 0) {
    return (
      <p>
        No key of anybody else hands anything on; <code>ioi wallet delegate</code> certifies one.
      </p>
    );
  }
  const ordered = certificates.toSorted((one, other) => (placeOf(one) < placeOf(other) ? -1 : 1));
  return (
    <Listed
      of={ordered}
      most={MOST}
      more={<Command text="ioi wallet certificates --all" />}
      idOf={({ certificate }) => certificate.certificate_id}
    >
      {(each) => <Certificate shown={each} />}
    </Listed>
  );
}

/** Each stands below the one it hangs by. */
function placeOf({ path, certificate }: ShownCertificate): string {
  return [...path, certificate.certificate_id].join(' ');
}

function Certificate({ shown }: { shown: ShownCertificate }) {
  const { certificate, remaining, path, ended } = shown;
  const { certificate_id: id, subject_id, subject_key, constraints } = certificate;
  const kind = subject_key.algorithm === 'ed25519' ? 'session key' : 'manager';
  return (
    <article className={CARD} style={{ marginInlineStart: `${path.length}rem` }}>
      <h3 className="flex flex-wrap items-center gap-2">
        <Standing ended={ended} />
        <Badge tone="plain">{kind}</Badge>
        <Foreign text={subject_id} />
      </h3>
      <Scopes {...certificate} />
      <Left {...{ constraints, remaining, name: id }} />
      <p>
        <Foreign text={id} />
      </p>
      {ended === undefined ? (
        <p>
          With all that hangs below it: <TakeBack id={id} /> or{' '}
          <Command text={`ioi wallet revoke ${id}`} />
        </p>
      ) : null}
    </article>
  );
}

function TakeBack({ id }: { id: string }) {
  return <AtGuardian words="Take it back" about={id} order={(guardian) => guardian.takeBack(id)} />;
}

function Standing({ ended }: { ended: string | undefined }) {
  if (ended === undefined) return <Badge tone="good">in force</Badge>;
  return <Badge tone="plain">{`ended: ${ENDS[ended] ?? ended}`}</Badge>;
}

function Scopes({ authority_scopes: scopes, resources }: Scoped) {
  return (
    <p>
      <Foreign text={scopes.join(' ')} /> on <Foreign text={resources.join(' ')} />
    </p>
  );
}

type Leaving = {
  readonly constraints: Bounds;
  readonly remaining: Remaining;
  /** Of what it is, so that bars can be told apart. */
  readonly name: string;
};

/** What has no bound has no bar; without a budget nothing may be spent. */
function Left({ constraints, remaining, name }: Leaving) {
  const { max_calls: calls, max_budget_usd: budget, expires_at: expires } = constraints;
  return (
    <div className="my-1 space-y-1">
      <p>
        In force <Until millis={expires} />
      </p>
      {calls === undefined ? (
        <p>Any number of acts</p>
      ) : (
        <Meter name={name} unit="acts" whole={calls} left={remaining.calls ?? '0'} />
      )}
      {budget === undefined ? (
        <p>Nothing to spend</p>
      ) : (
        <Meter name={name} unit="usd" whole={budget} left={remaining.budget_usd ?? '0'} />
      )}
    </div>
  );
}
