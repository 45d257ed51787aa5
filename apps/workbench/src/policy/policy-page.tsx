import { clipped, visible } from '@ioi/law/shown';
import { type ActionRules, type EffectivePolicy, isActionRules } from '@ioi/protocol';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { effectivePolicy, payload, status } from '../api.ts';
import { keptDraft, POLICY_DRAFT } from '../code/kept-draft.ts';
import { Section } from '../loaded.tsx';
import {
  Badge,
  BUTTON,
  DIVIDED,
  Facts,
  Failed,
  Folded,
  Foreign,
  QUIET,
  SURFACE,
  Time,
  Title,
  toneOf,
} from '../parts.tsx';

// The editor is larger than all pages together, and the rules are read without it.
const Draft = lazy(async () => ({ default: (await import('./draft.tsx')).Draft }));
const Learnt = lazy(async () => ({ default: (await import('./proposal.tsx')).Proposal }));
const CONDITIONS = 200;

/** The rules in force, and what a draft would mean. Only its owner's signature makes it decide. */
export function PolicyPage() {
  const { data, error, isPending } = useQuery(effectivePolicy);
  const own = useRules(data?.policy?.policy_hash);
  const above = useRules(data?.organisation?.bundle?.policy_hash);
  if (isPending) return <p>Asking the node.</p>;
  if (data === undefined) return <Failed fault={error ?? new Error('no answer')} />;
  return (
    <>
      <Title>Policy</Title>
      <InForce effective={data} />
      <Suspense>
        <Proposal active={own} ceiling={above} />
      </Suspense>
      {own === undefined ? null : <Rules title="Rules of the owner" rules={own.rules} />}
      {above === undefined ? null : <Rules title="Rules above it" rules={above.rules} />}
      {data.policy !== undefined && own === undefined ? null : (
        <Drafting active={own} ceiling={above} />
      )}
    </>
  );
}

/** What brings the law itself comes where the node proposes something. */
function Proposal({ active, ceiling }: DraftingProps) {
  const { data } = useQuery(status);
  if (data?.proposal?.proposed !== true || active === undefined) return null;
  return <Learnt acts={data.proposal.acts} active={active} ceiling={ceiling} />;
}

type DraftingProps = {
  readonly active: ActionRules | undefined;
  readonly ceiling: ActionRules | undefined;
};

/** The editor comes to who writes: others wait for nothing of it. */
function Drafting({ active, ceiling }: DraftingProps) {
  const [isAsked, setAsked] = useState(false);
  const [isKept] = useState(() => (keptDraft(POLICY_DRAFT) ?? '') !== '');
  if (isAsked || isKept) {
    return (
      // Whoever asked for it by keyboard goes on from here.
      <div tabIndex={-1} ref={isAsked ? focused : undefined} className="outline-none">
        <Suspense fallback={<p className="mt-6">Loading the editor.</p>}>
          <Draft active={active} ceiling={ceiling} />
        </Suspense>
      </div>
    );
  }
  return (
    <Section title="A draft">
      <p className="flex flex-wrap items-center gap-2">
        <button type="button" className={BUTTON} onClick={() => setAsked(true)}>
          Write a draft
        </button>
        <span>
          from the policy in force, a pack, or what happened; it says what it would change as you
          type.
        </span>
      </p>
    </Section>
  );
}

function focused(place: HTMLElement | null): void {
  place?.focus();
}

function useRules(hash: string | undefined): ActionRules | undefined {
  const { data } = useQuery({ ...payload(hash ?? ''), enabled: hash !== undefined });
  return isActionRules(data) ? data : undefined;
}

function InForce({ effective: { policy, organisation } }: { effective: EffectivePolicy }) {
  if (policy === undefined) {
    return (
      <p>
        No policy is in force, so every act is denied. Begin with a pack, save it, and run{' '}
        <code>ioi policy activate FILE</code>.
      </p>
    );
  }
  const until = policy.observe_until;
  return (
    <Facts
      of={[
        ['Policy', <Foreign key="id" text={`${policy.policy_id} version ${policy.version}`} />],
        ['Hash', <Foreign key="hash" text={policy.policy_hash} />],
        ['Mode', policy.mode === 'observe' ? 'observes: only BLOCK rules hold' : 'enforces'],
        ...(until === undefined ? [] : [['Until', <Time key="t" millis={until} />] as const]),
        [
          'Above it',
          organisation ? <Foreign key="above" text={organisation.organisation_id} /> : 'nobody',
        ],
      ]}
    />
  );
}

function Rules({ title, rules }: { title: string; rules: ActionRules['rules'] }) {
  return (
    <section aria-label={title} className="mt-8">
      <h2 className="mb-2 font-semibold text-base">{`${title}: ${rules.length}`}</h2>
      <ol
        // biome-ignore lint/a11y/noNoninteractiveTabindex: keys scroll what is longer than its box
        tabIndex={0}
        aria-label="Rules"
        className={`max-h-[70dvh] overflow-auto ${DIVIDED} ${SURFACE}`}
      >
        {rules.map(({ rule_id, target, action, conditions }) => (
          <li key={rule_id} className="px-3 py-2">
            <span className="flex flex-wrap items-center gap-x-3">
              <Badge tone={toneOf(action)}>{action}</Badge>
              <Foreign text={`${target}  ${rule_id}`} />
            </span>
            <Conditions of={conditions} />
          </li>
        ))}
      </ol>
    </section>
  );
}

/** Where they are long their beginning, marked as such, and all of them a step away. */
function Conditions({ of: conditions }: { of: ActionRules['rules'][number]['conditions'] }) {
  const text = JSON.stringify(conditions);
  return (
    <>
      <span className={QUIET}>
        <Foreign text={text} columns={CONDITIONS} />
      </span>
      {clipped(text, CONDITIONS) === visible(text) ? null : (
        <Folded summary="All of its conditions">
          {() => <Foreign block text={JSON.stringify(conditions, undefined, 2)} />}
        </Folded>
      )}
    </>
  );
}
