import { describeEntry, type EntryLine } from '@ioi/law/shown';
import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef, useState } from 'react';
import { logBefore } from './api.ts';
import { EntryRow } from './entry-row.tsx';
import { BUTTON, Failed, SURFACE, Title } from './parts.tsx';
import { SearchResults } from './search-results.tsx';

const PAGE = 500;
const ROW_PX = 40;
/** What closes each batch: rarely what a person looks for. */
const COMMIT = 'domain/commit';

/** What was searched for; everything that was sealed where nothing was. */
export function Atlas() {
  const { q } = useSearch({ from: '/atlas' });
  return (
    <>
      <Title>Atlas</Title>
      {q === undefined ? <WholeLog /> : <SearchResults q={q} />}
    </>
  );
}

/** Everything that was sealed, newest first, a page at a time. */
function WholeLog() {
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
      className={`h-[70dvh] overflow-auto ${SURFACE}`}
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
            <EntryRow line={lines[index] as EntryLine} />
          </li>
        ))}
      </ol>
    </section>
  );
}
