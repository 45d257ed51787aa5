import { describeEntry, type EntryLine } from '@ioi/law/shown';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef, useState } from 'react';
import { logBefore } from './api.ts';
import { Badge, Failed, Foreign, Time, Title, toneOf } from './parts.tsx';

const PAGE = 500;
const ROW_PX = 40;
/** What closes each batch: rarely what a person looks for. */
const COMMIT = 'domain/commit';
const ROW =
  'flex h-full items-center gap-3 overflow-hidden whitespace-nowrap px-3 ' +
  'hover:bg-slate-100 dark:hover:bg-slate-900';
const BUTTON =
  'rounded border border-slate-400 px-3 py-1 disabled:opacity-50 dark:border-slate-600';

/** Everything that was sealed, newest first, a page at a time. */
export function Atlas() {
  const [before, setBefore] = useState<number | undefined>(undefined);
  const [showsCommits, setShowsCommits] = useState(false);
  const { data, error, isPending } = useQuery(logBefore(before, PAGE));
  if (isPending) return <p>Reading the log.</p>;
  if (data === undefined) return <Failed fault={error ?? new Error('nothing was read')} />;
  const { size, entries } = data;
  const shown = showsCommits ? entries : entries.filter(({ operation }) => operation !== COMMIT);
  const lines = shown.map(describeEntry);
  const first = Number(entries.at(-1)?.seq ?? 0);
  const last = Number(entries[0]?.seq ?? 0);
  return (
    <>
      <Title>Atlas</Title>
      <div className="mb-3 flex flex-wrap items-center gap-3">
        <p aria-live="polite">{`Entries ${last} to ${first} of ${size}`}</p>
        <button
          type="button"
          className={BUTTON}
          disabled={before === undefined}
          onClick={() => setBefore(undefined)}
        >
          Newest
        </button>
        <button
          type="button"
          className={BUTTON}
          disabled={last + 1 >= size}
          onClick={() => setBefore(Math.min(size, last + 1 + PAGE))}
        >
          Newer
        </button>
        <button
          type="button"
          className={BUTTON}
          disabled={first === 0}
          onClick={() => setBefore(first)}
        >
          Older
        </button>
        <label className="flex items-center gap-2">
          <input
            type="checkbox"
            checked={showsCommits}
            onChange={() => setShowsCommits(!showsCommits)}
          />
          commits too
        </label>
      </div>
      <Rows lines={lines} />
    </>
  );
}

/** Only the rows that can be seen are drawn. */
function Rows({ lines }: { lines: readonly EntryLine[] }) {
  const box = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 10,
  });
  return (
    <section
      ref={box}
      aria-label="Entries of the log"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region takes focus
      tabIndex={0}
      className="h-[70dvh] overflow-auto rounded border border-slate-300 dark:border-slate-700"
    >
      <ol style={{ height: rows.getTotalSize() }} className="relative">
        {rows.getVirtualItems().map(({ index, start, size }) => (
          <li
            key={lines[index]?.seq}
            aria-setsize={lines.length}
            aria-posinset={index + 1}
            className="absolute w-full border-slate-200 border-b dark:border-slate-800"
            style={{ height: size, transform: `translateY(${start}px)` }}
          >
            <Row line={lines[index] as EntryLine} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function Row({ line }: { line: EntryLine }) {
  const { seq, chainTime, word, target, path, ruleId, detail } = line;
  const about = [target, path, ruleId, detail].filter((each) => each !== undefined).join('  ');
  return (
    <Link to="/atlas/$id" params={{ id: seq }} className={ROW}>
      <span className="w-16 shrink-0 text-right font-mono text-sm">{seq}</span>
      <Badge tone={toneOf(word)}>{word}</Badge>
      <span className="grow overflow-hidden text-ellipsis">
        <Foreign text={about} />
      </span>
      <span className="shrink-0 text-sm">
        <Time millis={chainTime} />
      </span>
    </Link>
  );
}
