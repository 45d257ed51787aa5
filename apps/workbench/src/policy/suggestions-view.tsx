import type { ActionRules } from '@ioi/protocol';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Listed } from '../loaded.tsx';
import { Badge, BUTTON, CARD, Failed, Foreign, toneOf } from '../parts.tsx';
import type { SuggestedLease, Suggestions } from './suggest.ts';
import { suggested } from './suggested.ts';

const MOST = 50;

type SuggestionsViewProps = {
  readonly active: ActionRules | undefined;
  readonly ceiling: ActionRules | undefined;
  readonly begin: (text: string) => void;
};

/** What the log would have a policy be. It is worked out when somebody asks for it. */
export function SuggestionsView({ active, ceiling, begin }: SuggestionsViewProps) {
  const [isAsked, setIsAsked] = useState(false);
  const { data, error } = useQuery({ ...suggested({ active, ceiling }), enabled: isAsked });
  return (
    <section aria-label="Suggestions" className="mb-4">
      <h3 className="mb-1 font-semibold">Suggestions from what happened</h3>
      {isAsked ? null : (
        <button type="button" className={BUTTON} onClick={() => setIsAsked(true)}>
          Look through the log
        </button>
      )}
      <div aria-live="polite">
        {error === null ? null : <Failed fault={error} />}
        {isAsked && data === undefined && error === null ? <p>Looking through the log.</p> : null}
        {data === undefined ? null : <Found found={data} begin={begin} />}
      </div>
    </section>
  );
}

type FoundProps = {
  readonly found: Suggestions & { readonly read: number; readonly size: number };
  readonly begin: (text: string) => void;
};

function Found({ found: { learnt, leases, notLeased, read, size }, begin }: FoundProps) {
  return (
    <div className="space-y-3">
      {read < size ? (
        <p>
          {`From the newest ${read} of ${size} entries; what was denied before them is not seen: `}
          <code>ioi policy learn</code> reads all.
        </p>
      ) : null}
      {learnt === undefined ? (
        <p>Nothing happened yet that a policy could be learnt from.</p>
      ) : null}
      {learnt === undefined ? null : <Learnt learnt={learnt} begin={begin} />}
      {leases.length === 0 && notLeased.length === 0 ? (
        <p>Nothing was approved so often that it need not be asked about.</p>
      ) : null}
      <Listed of={leases} most={MOST} more={<code>ioi policy leases</code>} idOf={idOf}>
        {(lease) => <Lease lease={lease} begin={begin} />}
      </Listed>
      <ul>
        {notLeased.slice(0, MOST).map(({ target, reason }) => (
          <li key={`${target} ${reason}`}>
            No lease of <Foreign text={target} />: <Foreign text={reason} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function idOf({ ruleId }: SuggestedLease): string {
  return ruleId;
}

type LearntProps = {
  readonly learnt: NonNullable<Suggestions['learnt']>;
  readonly begin: (text: string) => void;
};

function Learnt({ learnt: { requests, text, rules, left }, begin }: LearntProps) {
  return (
    <article className={CARD}>
      <p className="mb-2">
        {`The least policy that covers ${requests} requests of the log`}
        {left === 0 ? '. ' : `, but for ${left} that no rule can be about. `}
        <button type="button" className={BUTTON} onClick={() => begin(text)}>
          Begin with it
        </button>
      </p>
      <ul className="space-y-1">
        {rules.slice(0, MOST).map(({ action, target, ruleId, hits, reach }) => (
          <li key={ruleId}>
            <Badge tone={toneOf(action)}>{action}</Badge> <Foreign text={target} />
            {`, seen ${hits} times: about `}
            <Foreign text={reach} />
          </li>
        ))}
      </ul>
    </article>
  );
}

function Lease({ lease, begin }: { lease: SuggestedLease; begin: (text: string) => void }) {
  const { ruleId, target, askedBy, hits, reach, text } = lease;
  return (
    <article className={CARD}>
      <p>
        <Badge tone="good">ALLOW</Badge> <Foreign text={target} /> for eight hours and 50 calls,
        which you approved {hits} times (<Foreign text={askedBy} />
        ): about <Foreign text={reach} />
      </p>
      <p className="mt-2 flex flex-wrap items-center gap-3">
        <button type="button" className={BUTTON} onClick={() => begin(text)}>
          Begin with the policy that has it
        </button>
        <span>
          or <code>{`ioi policy leases --accept ${ruleId}`}</code>
        </span>
      </p>
    </article>
  );
}
