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
  'rounded-md border border-slate-400 bg-white px-3 py-1 hover:bg-slate-100 ' +
  'disabled:opacity-50 dark:border-slate-600 dark:bg-slate-900 dark:hover:bg-slate-800';
/** Of several buttons the one that most people want. */
export const MAIN_BUTTON =
  'rounded-md border border-blue-700 bg-blue-700 px-3 py-1 text-white hover:bg-blue-800 ' +
  'disabled:opacity-50';
export const LINES = 'border-slate-200 dark:border-slate-800';
export const SURFACE = `rounded-lg border bg-white dark:bg-slate-900 ${LINES}`;
/** Between the members of a list. */
export const DIVIDED = 'divide-y divide-slate-200 dark:divide-slate-800';
export const CARD = `p-3 ${SURFACE}`;
/** What is there to be looked up rather than read. */
export const QUIET = 'text-slate-600 dark:text-slate-400';
/** Where one types a line. */
export const BOX =
  'w-full rounded-md border border-slate-400 bg-white px-3 py-1.5 dark:border-slate-600 ' +
  'dark:bg-slate-900 ' +
  'placeholder:text-slate-600 dark:placeholder:text-slate-400';

export function Notice({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <p role="status" className={`rounded-md px-4 py-2 ${TONES[tone]}`}>
      {children}
    </p>
  );
}

/** A word in a colour that is not the only thing that says it. */
export function Badge({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <span className={`inline-block rounded-full px-2.5 py-0.5 font-mono text-xs ${TONES[tone]}`}>
      {children}
    </span>
  );
}

export const BLOCK =
  'max-h-96 overflow-auto whitespace-pre-wrap break-all rounded-md bg-slate-100 p-3 ' +
  'font-mono text-sm dark:bg-slate-950';

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
  return <h1 className="mb-3 font-semibold text-2xl tracking-tight">{children}</h1>;
}

export function Facts({ of }: { of: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className={`grid grid-cols-[max-content_1fr] items-baseline gap-x-6 gap-y-1.5 ${CARD}`}>
      {of.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className={QUIET}>{name}</dt>
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

const two = (count: number): string => String(count).padStart(2, '0');

/**
 * By the clock of this machine, the same wherever it stands: lines of it compare by eye, and what
 * a browser knows of countries, which takes it long to load, is not asked for.
 */
function clockText(at: Date): string {
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-');
  return `${day} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':')}`;
}

/** Milliseconds of Chain Time. */
export function Time({ millis }: { millis: string }) {
  const at = new Date(Number(millis));
  if (Number.isNaN(at.getTime())) return <Foreign text={millis} />;
  return (
    <time dateTime={at.toISOString()} className="whitespace-nowrap tabular-nums">
      {clockText(at)}
    </time>
  );
}

export function Failed({ fault }: { fault: Error }) {
  const code = fault instanceof ProblemFault ? fault.code : 'page.fault';
  return (
    <Notice tone="bad">
      <code>{visible(code)}</code>: {visible(fault.message)}
    </Notice>
  );
}
