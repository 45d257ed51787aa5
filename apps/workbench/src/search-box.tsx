import { askedFor } from '@ioi/law/shown';
import { useNavigate } from '@tanstack/react-router';
import { type KeyboardEvent, useEffect, useRef } from 'react';
import { queries, searched } from './api.ts';
import { listenForKeys } from './keyboard.ts';
import { BOX } from './parts.tsx';
import { focusFirstResult } from './search-results.tsx';

/** A letter is asked about at once; those that follow faster than this, together. */
const PAUSE_MS = 25;
/** What is one id, hash, reference or position by its looks goes straight to what it names. */
const ID = /^([0-9]+|[0-9a-f]{16,64}|[a-z]+_[0-9a-f]{16,64}|sha256:[0-9a-f]{16,64})$/;

/** One box for any id, hash, position in the log, target, path, rule or agent. */
export function SearchBox() {
  const navigate = useNavigate();
  const box = useRef<HTMLInputElement>(null);
  const pause = useRef<ReturnType<typeof setTimeout>>(undefined);
  const latest = useRef('');
  useEffect(() => listenForKeys(() => ({ '/': () => box.current?.focus() })), []);
  useEffect(() => () => clearTimeout(pause.current), []);
  const show = (q: string): void => {
    const replace = location.pathname === '/atlas';
    // Asked at once: by the time the page is there, so is much of the answer.
    if (askedFor(q) !== undefined) void queries.prefetchInfiniteQuery(searched(q));
    void navigate({ to: '/atlas', search: q === '' ? {} : { q }, replace });
  };
  const typed = (text: string): void => {
    latest.current = text.trim();
    if (pause.current !== undefined) return;
    const asked = latest.current;
    show(asked);
    pause.current = setTimeout(() => {
      pause.current = undefined;
      if (latest.current !== asked) typed(latest.current);
    }, PAUSE_MS);
  };
  const find = (event: { preventDefault(): void }): void => {
    event.preventDefault();
    clearTimeout(pause.current);
    pause.current = undefined;
    const text = box.current?.value.trim() ?? '';
    if (ID.test(text)) void navigate({ to: '/atlas/$id', params: { id: text } });
    else if (text !== '') show(text);
  };
  const down = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown' && focusFirstResult()) event.preventDefault();
  };
  return (
    <form onSubmit={find} className="min-w-32 grow basis-40" aria-label="Search">
      <input
        ref={box}
        name="id"
        type="search"
        aria-label="Search the log"
        aria-keyshortcuts="/"
        placeholder="Path, host, agent, rule, id or hash  ( / )"
        autoComplete="off"
        spellCheck={false}
        maxLength={512}
        className={BOX}
        onChange={({ target }) => typed(target.value)}
        onKeyDown={down}
      />
    </form>
  );
}
