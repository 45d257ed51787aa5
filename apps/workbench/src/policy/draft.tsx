import { packs } from '@ioi/law';
import type { ActionRules } from '@ioi/protocol';
import { useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { DraftEditor, type DraftHandle } from '../code/draft-editor.tsx';
import { keepDraft, keptDraft, POLICY_DRAFT } from '../code/kept-draft.ts';
import { BUTTON, CARD } from '../parts.tsx';
import { saveFile } from '../save-file.ts';
import { HandOver } from './hand-over.tsx';
import { recorded } from './recorded.ts';
import { StudyView } from './study-view.tsx';
import { SuggestionsView } from './suggestions-view.tsx';
import { useStudy } from './use-study.ts';
import { offeredAt } from './vocabulary.ts';

const NOTHING: readonly never[] = [];

type DraftProps = {
  readonly active: ActionRules | undefined;
  /** Rules of an organisation above it. */
  readonly ceiling: ActionRules | undefined;
};

/** A policy as somebody writes it, with what it would mean. */
export function Draft({ active, ceiling }: DraftProps) {
  const [text, setText] = useState(() => keptDraft(POLICY_DRAFT) ?? '');
  const editor = useRef<DraftHandle>(null);
  const { data: entries = NOTHING } = useQuery(recorded);
  const study = useStudy(text, { active, entries });
  const change = (next: string): void => {
    keepDraft(POLICY_DRAFT, next);
    setText(next);
  };
  const begin = (next: string): void => editor.current?.replace(next);
  const targets = [...new Set(active?.rules.map(({ target }) => target))];
  return (
    <section aria-label="A draft" className="mt-6">
      <h2 className="mb-2 font-semibold text-base">A draft</h2>
      <Beginnings active={active} begin={begin} />
      <SuggestionsView active={active} ceiling={ceiling} begin={begin} />
      <DraftEditor
        ref={editor}
        start={text}
        faults={study.faults ?? NOTHING}
        label="Draft of a policy"
        offered={(place) => offeredAt(place, targets)}
        onChange={change}
      />
      <div className="mt-3" aria-live="polite">
        {text.trim() === '' ? <p>Write a policy, or begin with one of these.</p> : null}
        {text.trim() === '' ? null : <StudyView study={study} />}
      </div>
      {text.trim() === '' ? null : <Save text={text} />}
      {study.read === undefined ? null : <HandOver text={text} active={active} />}
    </section>
  );
}

type BeginningsProps = {
  readonly active: ActionRules | undefined;
  readonly begin: (text: string) => void;
};

function Beginnings({ active, begin }: BeginningsProps) {
  return (
    <section aria-label="Beginnings" className="mb-4">
      <h3 className="mb-1 font-semibold">Begin with</h3>
      {active === undefined ? null : (
        <button
          type="button"
          className={`${BUTTON} mb-2`}
          onClick={() => begin(JSON.stringify(active, undefined, 2))}
        >
          the policy in force
        </button>
      )}
      <ul className="grid gap-2 sm:grid-cols-2">
        {packs.map(({ name, summary, text }) => (
          <li key={name} className={`${CARD} flex flex-col items-start gap-2`}>
            <button type="button" className={BUTTON} onClick={() => begin(text)}>
              {name}
            </button>
            <span>{summary}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** A browser signs nothing: the text goes to a file, and from there to its owner's signature. */
function Save({ text }: { text: string }) {
  const save = (): void => {
    saveFile('policy.jsonc', new Blob([text], { type: 'application/json' }));
  };
  return (
    <p className="mt-4 flex flex-wrap items-center gap-2">
      <button type="button" className={BUTTON} onClick={save}>
        Save as policy.jsonc
      </button>
      <span>
        then <code>ioi policy activate policy.jsonc</code>: the guardian shows it once more, and the
        owner's passphrase signs it.
      </span>
    </p>
  );
}
