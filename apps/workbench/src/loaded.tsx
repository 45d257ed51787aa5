import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Failed } from './parts.tsx';

type Loading<T> = {
  readonly query: UseQueryResult<T>;
  readonly children: (data: T) => ReactNode;
};

/** What was read last is shown on while the node is away: the frame says that it is. */
export function Loaded<T>({ query, children }: Loading<T>) {
  const { data, error } = query;
  if (data !== undefined) return children(data);
  return error === null ? <p>Asking the node.</p> : <Failed fault={error} />;
}

export function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="mt-8">
      <h2 className="mb-2 font-semibold text-base">{title}</h2>
      {children}
    </section>
  );
}

type Listing<T> = {
  readonly of: readonly T[];
  readonly most: number;
  /** Where the rest is. */
  readonly more: ReactNode;
  readonly children: (each: T) => ReactNode;
  readonly idOf: (each: T) => string;
};

/** Of what there can be thousands of, so many are drawn, and the rest is said. */
export function Listed<T>({ of, most, more, children, idOf }: Listing<T>) {
  return (
    <>
      <ul className="space-y-2">
        {of.slice(0, most).map((each) => (
          <li key={idOf(each)}>{children(each)}</li>
        ))}
      </ul>
      {of.length > most ? (
        <p className="mt-2">
          {`${of.length - most} more: `}
          {more}
        </p>
      ) : null}
    </>
  );
}
