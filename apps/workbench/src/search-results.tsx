import { askedFor, describeEntry } from '@ioi/law/shown';
import { useInfiniteQuery } from '@tanstack/react-query';
import { type KeyboardEvent, useEffect } from 'react';
import { searched } from './api.ts';
import { EntryRow } from './entry-row.tsx';
import { BUTTON, Failed, Notice } from './parts.tsx';

const LIST = 'found-entries';
/** So many are looked for; more where somebody asks for them. */
const FULL = 50;

/** Entries in which what was typed stands, newest first. */
export function SearchResults({ q }: { q: string }) {
  const isAsked = askedFor(q) !== undefined;
  const found = useInfiniteQuery({ ...searched(q), enabled: isAsked });
  const { data, error, hasNextPage, isFetching, fetchNextPage } = found;
  const pages = data?.pages ?? [];
  const last = pages.at(-1);
  const count = pages.reduce((sum, { entries }) => sum + entries.length, 0);
  // The node looks no longer than a moment: then what is before that is looked at.
  const isShort = error === null && hasNextPage && (count < FULL || last?.entries.length === 0);
  useEffect(() => {
    if (isShort && !isFetching) void fetchNextPage();
  }, [isShort, isFetching, fetchNextPage]);
  if (!isAsked) return <p>Type three characters or more, or a position in the log.</p>;
  if (last === undefined) return error ? <Failed fault={error} /> : <p>Looking.</p>;
  const lines = pages.flatMap(({ entries }) => entries).map(describeEntry);
  const more = hasNextPage ? ' so far' : '';
  return (
    <>
      <p aria-live="polite">{`${lines.length === 0 ? 'Nothing' : lines.length} found${more}.`}</p>
      {last.indexed < last.size ? (
        <Notice tone="warn">{`${last.indexed} of ${last.size} entries are looked at yet.`}</Notice>
      ) : null}
      {last.too_many_ids ? (
        <Notice tone="plain">Many ids begin so: type more of it to find one.</Notice>
      ) : null}
      <ol id={LIST} aria-label="Found entries" className="mt-3" onKeyDown={moveFocus}>
        {lines.map((line) => (
          <li key={line.seq} className="h-10 border-slate-200 border-b dark:border-slate-800">
            <EntryRow line={line} />
          </li>
        ))}
      </ol>
      {error === null ? null : <Failed fault={error} />}
      {hasNextPage ? (
        <button
          type="button"
          className={`mt-3 ${BUTTON}`}
          disabled={isFetching}
          onClick={() => void fetchNextPage()}
        >
          More
        </button>
      ) : null}
    </>
  );
}

/** Whether there is one. */
export function focusFirstResult(): boolean {
  const first = document.querySelector<HTMLAnchorElement>(`#${LIST} a`);
  first?.focus();
  return first !== null;
}

/** Arrows go from one result to the next. */
function moveFocus(event: KeyboardEvent): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined) return;
  const links = [...document.querySelectorAll<HTMLAnchorElement>(`#${LIST} a`)];
  const next = links[links.indexOf(document.activeElement as HTMLAnchorElement) + step];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}
