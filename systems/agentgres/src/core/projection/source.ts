import type { LogEntry } from '@ioi/protocol';

/** What a definition can read: an event, and the entry it stands in. */
export type Scope = {
  readonly event: Readonly<Record<string, unknown>>;
  readonly entry: Pick<LogEntry, 'seq' | 'chain_time' | 'operation' | 'operation_id'>;
  /** Which event of the entry, from 0. */
  readonly place: number;
};

export type SourceText = string | { readonly value: string | number | boolean | null };
export type Read = (scope: Scope) => unknown;

const ENTRY_MEMBERS = ['seq', 'chain_time', 'operation', 'operation_id'];

/** Why a pointer can never find anything, or undefined. */
export function wrongPointer(pointer: string): string | undefined {
  const [, root, ...steps] = pointer.split('/');
  if (/~(?![01])/.test(pointer)) return `${pointer} has a ~ that escapes nothing`;
  if (root !== 'entry') return undefined;
  if (steps.length === 1 && ENTRY_MEMBERS.includes(steps[0] ?? '')) return undefined;
  return `${pointer} is none of ${ENTRY_MEMBERS.map((name) => `/entry/${name}`).join(', ')}`;
}

/** A reader for a pointer (RFC 6901) or a constant; undefined where nothing is. */
export function readerOf(source: SourceText): Read {
  if (typeof source !== 'string') return () => source.value;
  const [, root = '', ...steps] = source.split('/').map(unescaped);
  return (scope) => {
    let value: unknown = scope[root as keyof Scope];
    for (const step of steps) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) {
        return undefined;
      }
      value = (value as Record<string, unknown>)[step];
    }
    return value;
  };
}

function unescaped(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}
