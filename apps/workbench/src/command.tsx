import { visible } from '@ioi/law/shown';
import { useState } from 'react';

/** What a shell takes as it stands: what is told of elsewhere could say more than it shows. */
const PLAIN = /^[A-Za-z0-9 ._:/@=-]+$/;
const BUTTON =
  'rounded-md border border-slate-300 px-2 py-0.5 text-xs hover:bg-slate-200 ' +
  'dark:border-slate-700 dark:hover:bg-slate-800';

/** What a person runs in a terminal, since these pages change nothing. */
export function Command({ text }: { text: string }) {
  const [said, setSaid] = useState('Copy');
  const copy = (): void => {
    const done = navigator.clipboard.writeText(text);
    done.then(
      () => setSaid('Copied'),
      () => setSaid('Select it'),
    );
  };
  return (
    <span className="inline-flex flex-wrap items-center gap-2">
      <code className="break-all">{visible(text)}</code>
      {PLAIN.test(text) ? (
        <button type="button" className={BUTTON} onClick={copy} aria-label={`${said}: ${text}`}>
          {said}
        </button>
      ) : null}
    </span>
  );
}
