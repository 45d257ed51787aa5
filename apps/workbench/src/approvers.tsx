import type { ApproversPage } from '@ioi/protocol';
import { Command } from './command.tsx';
import { Badge, CARD, Foreign } from './parts.tsx';

type Quorum = NonNullable<ApproversPage['rules']>['low'];

/** Passkeys and devices beside the owner's own key, and how many of them an act takes. */
export function Approvers({ page }: { page: ApproversPage }) {
  const { passkeys, levels, rules } = page;
  return (
    <>
      {passkeys.length + levels.length === 0 ? (
        <p>
          Your passphrase alone. A passkey of this machine: <Command text="ioi approver add" />; of
          another device: <code>ioi approver add --device NAME</code>
        </p>
      ) : null}
      <ul className="space-y-2">
        {passkeys.map(({ factor_id: id, label, algorithm, origin, out_of_band, acts_as }) => (
          <li key={id} className={CARD}>
            <p>
              <Badge tone="plain">{out_of_band ? 'another device' : 'this machine'}</Badge>{' '}
              <Foreign text={label} /> {`a passkey (${algorithm}) on `}
              <Foreign text={origin} />
            </p>
            <Not agents={acts_as} />
            <p>
              Let it approve no more: <Command text={`ioi approver remove ${id}`} />
            </p>
          </li>
        ))}
        {levels.map(({ factor_id: id, label, kind, acts_as }) => (
          <li key={id} className={CARD}>
            <p>
              <Badge tone="plain">{kind === 'group' ? 'a group' : 'a sign-in'}</Badge>{' '}
              <Foreign text={label} />
            </p>
            <Not agents={acts_as} />
          </li>
        ))}
      </ul>
      <p className="mt-2">
        {rules === undefined
          ? 'One approval is enough for every act.'
          : `Of low risk an act takes ${words(rules.low)}, of high ${words(rules.high)}.`}{' '}
        <code>ioi approver rules</code> changes that.
      </p>
      {(rules?.rules ?? []).map(({ rule_id, quorum }) => (
        <p key={rule_id}>
          Under the rule <Foreign text={rule_id} />: {words(quorum)}
        </p>
      ))}
    </>
  );
}

function Not({ agents }: { agents: readonly string[] }) {
  if (agents.length === 0) return null;
  return (
    <p>
      not what <Foreign text={agents.join(', ')} /> asks for
    </p>
  );
}

function words({ factors, out_of_band, groups = [] }: Quorum): string {
  const device = out_of_band ? ', one of them on another device' : '';
  const named = groups.length === 0 ? '' : `, ${groups.length} groups among them`;
  return `${factors} approval${factors === 1 ? '' : 's'}${device}${named}`;
}
