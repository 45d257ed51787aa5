import { type Ref, useEffect, useImperativeHandle, useRef } from 'react';
import { type Editor, openEditor } from './editor.ts';
import type { Fault } from './study-draft.ts';

export type DraftHandle = { readonly replace: (text: string) => void };

type DraftEditorProps = {
  readonly ref: Ref<DraftHandle>;
  readonly start: string;
  readonly faults: readonly Fault[];
  readonly targets: readonly string[];
  readonly onChange: (text: string) => void;
};

/** The editor in a tree of its own, since no page here may bring styles within itself. */
export function DraftEditor({ ref, start, faults, targets, onChange }: DraftEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<Editor>(null);
  const known = useRef(targets);
  const told = useRef(onChange);
  const begin = useRef(start);
  useEffect(() => {
    known.current = targets;
    told.current = onChange;
  });
  useEffect(() => {
    const place = host.current;
    if (place === null) return undefined;
    const root = place.shadowRoot ?? place.attachShadow({ mode: 'open' });
    const opened = openEditor({
      root,
      text: begin.current,
      onChange: (text) => told.current(text),
      targets: () => known.current,
    });
    editor.current = opened;
    return () => opened.close();
  }, []);
  useEffect(() => editor.current?.mark(faults), [faults]);
  useImperativeHandle(ref, () => ({ replace: (text) => editor.current?.replace(text) }), []);
  return <div ref={host} />;
}
