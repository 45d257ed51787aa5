import { clipped, visible } from '@ioi/law/shown';
import { type ReactNode, useState } from 'react';
import { ProblemFault } from './api.ts';

export const TONES = {
  good: 'bg-emerald-100 text-emerald-950 dark:bg-emerald-950 dark:text-emerald-100',
  warn: 'bg-amber-100 text-amber-950 dark:bg-amber-950 dark:text-amber-100',
  bad: 'bg-red-100 text-red-950 dark:bg-red-950 dark:text-red-100',
  plain: 'bg-slate-100 text-slate-900 dark:bg-slate-800 dark:text-slate-100',
} as const;
export type Tone = keyof typeof TONES;

export const BUTTON =
  'rounded border border-slate-400 px-3 py-1 disabled:opacity-50 dark:border-slate-600';
/** Where one types a line. */
export const BOX =
  'w-full rounded border border-slate-400 bg-transparent px-3 py-1.5 dark:border-slate-600 ' +
  'placeholder:text-slate-600 dark:placeholder:text-slate-400';

export function Notice({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <p role="status" className={`px-4 py-2 ${TONES[tone]}`}>
      {children}
    </p>
  );
}

/** A word in a colour that is not the only thing that says it. */
export function Badge({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <span className={`inline-block rounded px-2 py-0.5 font-mono text-sm ${TONES[tone]}`}>
      {children}
    </span>
  );
}

const BLOCK =
  'max-h-96 overflow-auto whitespace-pre-wrap break-all rounded bg-slate-100 p-3 ' +
  'font-mono text-sm dark:bg-slate-900';

/** Columns of what stands among words: what is longer is whole in a block, and in the log. */
const LINE = 2_000;

type ForeignText = {
  readonly text: string;
  readonly block?: boolean;
  readonly columns?: number;
};

/** What agents and servers wrote: nothing of it moves, hides or reorders anything. */
export function Foreign({ text, block = false, columns = LINE }: ForeignText) {
  if (!block) return <span className="break-all font-mono text-sm">{clipped(text, columns)}</span>;
  const lines = text.split('\n').map((line) => visible(line));
  return (
    <pre
      // Long texts are scrolled, also by keyboard.
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region takes focus
      tabIndex={0}
      className={BLOCK}
    >
      {lines.join('\n')}
    </pre>
  );
}

type Folding = {
  readonly summary: string;
  readonly startsOpen?: boolean;
  readonly className?: string;
  readonly children: () => ReactNode;
};

/** What is folded away is not drawn either: it can be millions of characters. */
export function Folded({ summary, startsOpen = false, className, children }: Folding) {
  const [isOpen, setIsOpen] = useState(startsOpen);
  return (
    <details
      className={className}
      open={isOpen}
      onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}
    >
      <summary>{summary}</summary>
      {isOpen ? children() : null}
    </details>
  );
}

export function Title({ children }: { children: ReactNode }) {
  return <h1 className="mb-3 font-semibold text-xl">{children}</h1>;
}

export function Facts({ of }: { of: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="grid grid-cols-[max-content_1fr] gap-x-4 gap-y-1">
      {of.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-slate-700 dark:text-slate-300">{name}</dt>
          <dd className="min-w-0">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** What became of an act, by its word. */
export function toneOf(word: string): Tone {
  if (/^(ALLOW|APPROVED|PROVEN|completed|satisfied)$/.test(word)) return 'good';
  if (/^(BLOCK|DENIED|NOT PROVEN|failed)|violation|unknown/.test(word)) return 'bad';
  return /^REQUIRE_APPROVAL|^would /.test(word) ? 'warn' : 'plain';
}

/** How a server behind the node is. */
export function serverTone(state: 'ready' | 'starting' | 'unreachable'): Tone {
  if (state === 'ready') return 'good';
  return state === 'starting' ? 'warn' : 'bad';
}

/** Milliseconds of Chain Time as this person writes times. */
export function Time({ millis }: { millis: string }) {
  const at = new Date(Number(millis));
  if (Number.isNaN(at.getTime())) return <Foreign text={millis} />;
  return <time dateTime={at.toISOString()}>{at.toLocaleString()}</time>;
}

export function Failed({ fault }: { fault: Error }) {
  const code = fault instanceof ProblemFault ? fault.code : 'page.fault';
  return (
    <Notice tone="bad">
      <code>{visible(code)}</code>: {visible(fault.message)}
    </Notice>
  );
}
