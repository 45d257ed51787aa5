import type { Json } from '@ioi/canon';
import type { EditDesk, ExtensionDesk, OwnerLock } from '@ioi/guardian/shell';
import type { ParamChange } from '@ioi/law';
import { good, type Handler, refused } from './answers.ts';

export type EditServing = {
  readonly edits: EditDesk;
  readonly extensions: ExtensionDesk;
  readonly lock: OwnerLock;
};

/** What the command line asks of what waits: another act in its place, or more time. */
export function editRoutes({ edits, extensions, lock }: EditServing): Record<string, Handler> {
  return {
    'POST /edit': async ({ request_hash, changes, passphrase }) => {
      const asked = changesIn(changes);
      if (asked === undefined) return refused(NOT_CHANGES);
      const key = await lock.open(String(passphrase));
      if (!key.ok) return refused(key.error);
      const edited = await edits.order(String(request_hash), asked);
      return edited.ok ? good(edited.value) : refused(edited.error);
    },
    'POST /extend': async ({ request_hash, more_ms, passphrase }) => {
      const moreMs = spanIn(more_ms);
      if (moreMs === undefined) return refused(NO_SPAN);
      const key = await lock.open(String(passphrase));
      if (!key.ok) return refused(key.error);
      const extended = await extensions.order(String(request_hash), moreMs);
      return extended.ok ? good(extended.value) : refused(extended.error);
    },
  };
}

export const NOT_CHANGES = {
  code: 'edit.invalid',
  message: 'changes are a list of {"path": ["parameter", …], "value": …}',
};

export const NO_SPAN = {
  code: 'extension.invalid',
  message: 'more_ms is how many milliseconds more, such as "1800000"',
};

export function spanIn(given: unknown): bigint | undefined {
  return typeof given === 'string' && /^[1-9][0-9]{0,14}$/.test(given) ? BigInt(given) : undefined;
}

export function changesIn(given: unknown): readonly ParamChange[] | undefined {
  if (!Array.isArray(given)) return undefined;
  const changes = given.map((each): ParamChange | undefined => {
    const { path, value } = Object(each) as { path?: unknown; value?: Json };
    const isPath = Array.isArray(path) && path.every((name) => typeof name === 'string');
    return isPath && value !== undefined ? { path, value } : undefined;
  });
  return changes.every((each) => each !== undefined) ? changes : undefined;
}
