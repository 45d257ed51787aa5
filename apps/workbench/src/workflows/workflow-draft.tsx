import type { WorkflowCheck } from '@ioi/protocol';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { ProblemFault } from '../api.ts';
import { DraftEditor } from '../code/draft-editor.tsx';
import { dropDraft, keepDraft, keptDraft } from '../code/kept-draft.ts';
import { Section } from '../loaded.tsx';
import { BUTTON, Failed, Foreign, Notice } from '../parts.tsx';
import { useMayRun } from '../signed-in.tsx';
import { beginningOf } from './beginning.ts';
import { offeredAt } from './vocabulary.ts';
import { WorkflowGraph } from './workflow-graph.tsx';
import { check, type Kept, save } from './workflow-queries.ts';

/** Nobody stops typing for less. */
const PAUSE_MS = 250;
const MOST = 50;
const NOTHING: readonly never[] = [];

type WorkflowDraftProps = {
  readonly name: string;
  readonly kept: Kept;
  readonly tools: readonly string[];
};

/** A workflow as somebody writes it, with what is wrong with it, and as a graph. */
export function WorkflowDraft({ name, kept, tools }: WorkflowDraftProps) {
  const place = `workflow-draft:${name}`;
  const [start] = useState(() => {
    return keptDraft(place) ?? kept?.text ?? beginningOf(name, tools[0] ?? 'read_text_file');
  });
  const [text, setText] = useState(start);
  const { data, error } = useQuery(check(useSettled(text)));
  const [sound, setSound] = useState(data?.workflow);
  if (data?.workflow !== undefined && data.workflow !== sound) setSound(data.workflow);
  const change = (next: string): void => {
    keepDraft(place, next);
    setText(next);
  };
  return (
    <>
      <DraftEditor
        ref={null}
        start={start}
        label={`Draft of the workflow ${name}`}
        faults={data?.faults ?? NOTHING}
        offered={(at) => offeredAt(at, { tools, workflow: sound })}
        onChange={change}
      />
      <Save name={name} text={text} kept={kept} onSaved={() => dropDraft(place)} />
      <div aria-live="polite">
        {error === null ? null : <Failed fault={error} />}
        {data === undefined ? null : <Faults faults={data.faults} />}
      </div>
      <Drawn checked={data} />
    </>
  );
}

function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}

function Faults({ faults }: { faults: WorkflowCheck['faults'] }) {
  if (faults.length === 0) return <Notice tone="good">Nothing is wrong with it.</Notice>;
  return (
    <section aria-label="What is wrong with the workflow">
      <Notice tone="bad">{`${faults.length} faults; it is drawn, and kept, without any.`}</Notice>
      <ul className="mt-2 space-y-1">
        {faults.slice(0, MOST).map(({ code, message, line, column, pointer }) => (
          <li key={`${line}:${column} ${code} ${pointer} ${message}`}>
            <Foreign text={`${line}:${column}  ${code}: ${message}`} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Drawn({ checked }: { checked: WorkflowCheck | undefined }) {
  const { workflow, layers, graph_id: id, unresolved = [], blocked = [] } = checked ?? {};
  if (workflow === undefined || layers === undefined) return null;
  return (
    <Section title="As a graph">
      <WorkflowGraph workflow={workflow} layers={layers} />
      <p className="mt-2">
        Its name in receipts to come: <Foreign text={id ?? ''} />
      </p>
      {unresolved.length === 0 ? null : (
        <p>
          Not installed here: <Foreign text={unresolved.join(', ')} />
        </p>
      )}
      {blocked.map(({ pointer, message }) => (
        <p key={pointer + message}>
          Not carried out yet: <Foreign text={message} />
        </p>
      ))}
    </Section>
  );
}

type SaveProps = {
  readonly name: string;
  readonly text: string;
  readonly kept: Kept;
  readonly onSaved: () => void;
};

type Said = 'saving' | 'saved' | Error | undefined;

/** Over what this page was opened with, and nothing newer. */
function Save({ name, text, kept, onSaved }: SaveProps) {
  const [said, setSaid] = useState<Said>();
  const isSame = kept?.text === text;
  const mayRun = useMayRun();
  const act = (): void => {
    setSaid('saving');
    save(name, text, kept).then(
      () => {
        onSaved();
        setSaid('saved');
      },
      (fault: Error) => setSaid(fault),
    );
  };
  return (
    <div className="my-3" aria-live="polite">
      <p className="flex flex-wrap items-center gap-3">
        <button
          type="button"
          className={BUTTON}
          onClick={act}
          disabled={isSame || !mayRun || said === 'saving'}
        >
          Keep it
        </button>
        {isSame ? (
          <span>This is what is kept.</span>
        ) : (
          <span>
            or <code>{`ioi workflow save ${name}.json`}</code>
          </span>
        )}
      </p>
      {said instanceof Error ? <Failed fault={said} /> : null}
      {said instanceof ProblemFault && said.status === 412 ? (
        <p>Somebody kept another one meanwhile. Copy yours, and load this page again.</p>
      ) : null}
    </div>
  );
}
