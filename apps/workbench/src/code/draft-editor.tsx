import { type Ref, useEffect, useImperativeHandle, useRef } from 'react';
import { type Editor, type Fault, type Offering, openEditor } from './editor.ts';

export type DraftHandle = { readonly replace: (text: string) => void };

type DraftEditorProps = {
  readonly ref: Ref<DraftHandle>;
  readonly start: string;
  readonly label: string;
  readonly faults: readonly Fault[];
  readonly offered: Offering;
  readonly onChange: (text: string) => void;
};

/** The editor in a tree of its own, since no page here may bring styles within itself. */
export function DraftEditor(props: DraftEditorProps) {
  const { ref, start, label, faults, offered, onChange } = props;
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<Editor>(null);
  const known = useRef(offered);
  const told = useRef(onChange);
  const begin = useRef({ text: start, label });
  useEffect(() => {
    known.current = offered;
    told.current = onChange;
  });
  useEffect(() => {
    const place = host.current;
    if (place === null) return undefined;
    const root = place.shadowRoot ?? place.attachShadow({ mode: 'open' });
    const opened = openEditor({
      root,
      ...begin.current,
      onChange: (text) => told.current(text),
      offered: (at) => known.current(at),
    });
    editor.current = opened;
    return () => opened.close();
  }, []);
  useEffect(() => editor.current?.mark(faults), [faults]);
  useImperativeHandle(ref, () => ({ replace: (text) => editor.current?.replace(text) }), []);
  return <div ref={host} />;
}
