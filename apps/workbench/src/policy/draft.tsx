import { packs } from '@ioi/law';
import type { ActionRules } from '@ioi/protocol';
import { useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { DraftEditor, type DraftHandle } from '../code/draft-editor.tsx';
import { keepDraft, keptDraft } from '../code/kept-draft.ts';
import { BUTTON } from '../parts.tsx';
import { recorded } from './recorded.ts';
import { StudyView } from './study-view.tsx';
import { useStudy } from './use-study.ts';
import { offeredAt } from './vocabulary.ts';

const NOTHING: readonly never[] = [];
const KEPT = 'policy-draft';

/** A policy as somebody writes it, with what it would mean. */
export function Draft({ active }: { active: ActionRules | undefined }) {
  const [text, setText] = useState(() => keptDraft(KEPT) ?? '');
  const editor = useRef<DraftHandle>(null);
  const { data: entries = NOTHING } = useQuery(recorded);
  const study = useStudy(text, { active, entries });
  const change = (next: string): void => {
    keepDraft(KEPT, next);
    setText(next);
  };
  const begin = (next: string): void => editor.current?.replace(next);
  const targets = [...new Set(active?.rules.map(({ target }) => target))];
  return (
    <section aria-label="A draft" className="mt-6">
      <h2 className="mb-2 font-semibold text-lg">A draft</h2>
      <Beginnings active={active} begin={begin} />
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
    </section>
  );
}

type BeginningsProps = {
  readonly active: ActionRules | undefined;
  readonly begin: (text: string) => void;
};

function Beginnings({ active, begin }: BeginningsProps) {
  return (
    <fieldset className="mb-3 flex flex-wrap items-center gap-2">
      <legend className="mb-1">Begin with</legend>
      {active === undefined ? null : (
        <button
          type="button"
          className={BUTTON}
          onClick={() => begin(JSON.stringify(active, undefined, 2))}
        >
          the policy in force
        </button>
      )}
      {packs.map(({ name, summary, text }) => (
        <button
          key={name}
          type="button"
          title={summary}
          className={BUTTON}
          onClick={() => begin(text)}
        >
          {name}
        </button>
      ))}
    </fieldset>
  );
}

/** A browser signs nothing: the text goes to a file, and from there to its owner's signature. */
function Save({ text }: { text: string }) {
  const save = (): void => {
    const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
    const link = Object.assign(document.createElement('a'), {
      href: url,
      download: 'policy.jsonc',
    });
    link.click();
    URL.revokeObjectURL(url);
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
