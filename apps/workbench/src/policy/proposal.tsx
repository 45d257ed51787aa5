import type { ActionRules } from '@ioi/protocol';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { dismissProposal } from '../api.ts';
import { Section } from '../loaded.tsx';
import { BUTTON, CARD, Failed } from '../parts.tsx';
import { HandOver } from './hand-over.tsx';
import { recorded } from './recorded.ts';
import { StudyView } from './study-view.tsx';
import { suggested } from './suggested.ts';
import { useStudy } from './use-study.ts';

const NOTHING: readonly never[] = [];

type ProposalProps = {
  readonly acts: number;
  readonly active: ActionRules;
  readonly ceiling: ActionRules | undefined;
};

/** What the node learnt while it observed, and what that would have decided otherwise. */
export function Proposal({ acts, active, ceiling }: ProposalProps) {
  const [isAsked, setAsked] = useState(false);
  const { data, error } = useQuery({ ...suggested({ active, ceiling }), enabled: isAsked });
  const text = data?.learnt?.text;
  return (
    <Section title="Proposed">
      <article className={CARD}>
        <p>
          {`The node observed ${acts} acts. It proposes the least policy that covers them, `}
          and to let it decide. Read it first: an agent that was led astray taught that as well.
        </p>
        <p className="mt-3 flex flex-wrap items-center gap-3">
          {isAsked ? null : (
            <button type="button" className={BUTTON} onClick={() => setAsked(true)}>
              What it would have decided
            </button>
          )}
          <button type="button" className={BUTTON} onClick={() => void dismissProposal()}>
            Not now
          </button>
          <span>
            or <code>ioi policy proposal --accept</code>
          </span>
        </p>
        <div aria-live="polite" className="mt-3">
          {error === null ? null : <Failed fault={error} />}
          {isAsked && data === undefined && error === null ? <p>Looking through the log.</p> : null}
          {text === undefined ? null : <Preview text={text} active={active} />}
        </div>
      </article>
    </Section>
  );
}

function Preview({ text, active }: { readonly text: string; readonly active: ActionRules }) {
  const { data: entries = NOTHING } = useQuery(recorded);
  const study = useStudy(text, { active, entries });
  return (
    <>
      <StudyView study={study} />
      {study.read === undefined ? null : <HandOver text={text} active={active} />}
    </>
  );
}
