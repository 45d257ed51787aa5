import {
  autocompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { json } from '@codemirror/lang-json';
import {
  bracketMatching,
  HighlightStyle,
  indentOnInput,
  syntaxHighlighting,
  syntaxTree,
} from '@codemirror/language';
import { type Diagnostic, lintGutter, setDiagnostics } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import { EditorView, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { type Place, placeOf } from './place.ts';

/** `line` and `column` count from 1. */
export type Fault = {
  readonly code: string;
  readonly message: string;
  readonly line: number;
  readonly column: number;
};

/** What can stand somewhere. */
export type Offering = (place: Place) => readonly string[];

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: 'var(--code-name)' },
  { tag: tags.string, color: 'var(--code-text)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--code-word)' },
  { tag: tags.comment, color: 'var(--code-faint)' },
]);

const look = EditorView.theme({
  '&': { border: '1px solid var(--code-faint)', borderRadius: '0.25rem', fontSize: '0.875rem' },
  '&.cm-focused': { outline: '2px solid var(--code-name)' },
  '.cm-scroller': { fontFamily: 'ui-monospace, "DejaVu Sans Mono", monospace', maxHeight: '60dvh' },
  '.cm-content': { minHeight: '12rem', caretColor: 'currentColor' },
  '.cm-cursor': { borderLeftColor: 'currentColor' },
  '.cm-gutters': { background: 'transparent', color: 'var(--code-faint)', border: 'none' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': {
    background: 'var(--code-selected)',
  },
  '.cm-tooltip': {
    background: 'var(--code-panel)',
    color: 'inherit',
    border: '1px solid var(--code-faint)',
  },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    background: 'var(--code-selected)',
    color: 'inherit',
  },
  // The pictures that come with it are no files of ours, so no page here may show them.
  '.cm-lint-marker-error': { content: 'normal' },
  '.cm-lint-marker-error::after': { content: '"✖"', color: 'var(--code-fault)' },
  '.cm-lintRange-error': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy var(--code-fault)',
  },
  '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': { background: 'var(--code-selected)' },
});

export type Editor = {
  readonly text: () => string;
  readonly replace: (text: string) => void;
  readonly mark: (faults: readonly Fault[]) => void;
  readonly close: () => void;
};

export type EditorOptions = {
  /** A shadow root: there an editor brings its looks without a style element. */
  readonly root: ShadowRoot;
  readonly text: string;
  /** What it is for whoever does not see it. */
  readonly label: string;
  readonly onChange: (text: string) => void;
  readonly offered: Offering;
};

/** An editor of JSON: names and values offered, faults marked where they stand. */
export function openEditor({ root, text, label, onChange, offered }: EditorOptions): Editor {
  const state = EditorState.create({
    doc: text,
    extensions: [
      lineNumbers(),
      history(),
      json(),
      indentOnInput(),
      bracketMatching(),
      lintGutter(),
      syntaxHighlighting(colours),
      autocompletion({ override: [(context) => complete(context, offered)] }),
      keymap.of([...completionKeymap, ...defaultKeymap, ...historyKeymap]),
      EditorView.lineWrapping,
      // What is longer than its box is scrolled by whoever can get into it by keys.
      EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
      EditorView.updateListener.of(({ docChanged, state: now }) => {
        if (docChanged) onChange(now.doc.toString());
      }),
      look,
    ],
  });
  const view = new EditorView({ state, root, parent: root });
  return {
    text: () => view.state.doc.toString(),
    replace: (next) =>
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } }),
    mark: (faults) => view.dispatch(setDiagnostics(view.state, faults.map(markIn(view.state)))),
    close: () => view.destroy(),
  };
}

function markIn({ doc }: EditorState): (fault: Fault) => Diagnostic {
  return ({ code, message, line, column }) => {
    const at = doc.line(Math.min(Math.max(line, 1), doc.lines));
    const from = Math.min(at.from + column - 1, at.to);
    return { from, to: at.to, severity: 'error', message: `${code}: ${message}` };
  };
}

function complete(context: CompletionContext, offered: Offering): CompletionResult | null {
  const node = syntaxTree(context.state).resolveInner(context.pos, -1);
  const place = placeOf(node, ({ from, to }) => context.state.sliceDoc(from, to));
  if (place === undefined) return null;
  const word = context.matchBefore(/"[^"]*/);
  if (word === null && !context.explicit) return null;
  const options = offered(place).map((label): Completion => {
    const type = place.isName ? 'property' : 'constant';
    return { label: `"${label}"`, type };
  });
  return options.length === 0 ? null : { from: word?.from ?? context.pos, options };
}
