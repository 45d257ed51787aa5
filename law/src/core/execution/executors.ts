import { ok, type Result } from '@ioi/basis';
import type { VerifierRegistry } from '@ioi/crypto';
import {
  type AdmitExecutor,
  type DismissExecutor,
  isAdmitExecutor,
  isDismissExecutor,
  type Operation,
  type Rejection,
  type View,
} from '@ioi/protocol';
import { keys } from '../boundary/heads.ts';
import { holdSignature, reject, requireNode, SPEAKERS } from '../governance/authority.ts';
import { type ExecutorHead, executionKeys } from './heads.ts';

export const EXECUTION = 'execution';

export type ExecutorEvent = {
  readonly type: 'executor.admitted' | 'executor.dismissed';
  readonly executor: ExecutorHead;
};

/** The owner names a machine, by its key. Another key under its name is another machine. */
export function admitExecutor(registry: VerifierRegistry): Operation<AdmitExecutor, ExecutorEvent> {
  return {
    authors: SPEAKERS,
    accepts: isAdmitExecutor,
    reads: ({ admission }) => [keys.node, executionKeys.executor(admission.name)],
    needs: () => [],
    decide: ({ admission, signature }, { view }) => {
      const found = requireNode(view);
      if (!found.ok) return found;
      const { name, key_hash, sequence } = admission;
      const about = { node: found.value, module: EXECUTION, statement: admission };
      const said = { ...about, operation: 'executor.admit' };
      const held = holdSignature(said, found.value.owner_key, signature, registry);
      if (!held.ok) return held;
      const before = view.get<ExecutorHead>(executionKeys.executor(name));
      if (sequence !== nextOfExecutor(before)) return moved(name);
      if (before?.state === 'admitted') {
        const message = `${name} is admitted already, with the key ${before.key_hash}`;
        return reject('executor.name_taken', message);
      }
      const executor = { state: 'admitted', name, key_hash, sequence } as const;
      return ok([{ type: 'executor.admitted', executor }]);
    },
  };
}

/** It has no lease from here on, and what it proposes under one that it has is refused. */
export function dismissExecutor(
  registry: VerifierRegistry,
): Operation<DismissExecutor, ExecutorEvent> {
  return {
    authors: SPEAKERS,
    accepts: isDismissExecutor,
    reads: ({ dismissal }) => [keys.node, executionKeys.executor(dismissal.name)],
    needs: () => [],
    decide: ({ dismissal, signature }, { view }) => {
      const found = requireNode(view);
      if (!found.ok) return found;
      const about = { node: found.value, module: EXECUTION, statement: dismissal };
      const said = { ...about, operation: 'executor.dismiss' };
      const held = holdSignature(said, found.value.owner_key, signature, registry);
      if (!held.ok) return held;
      const { name, sequence } = dismissal;
      const before = admittedIn(view, name);
      if (!before.ok) return before;
      if (sequence !== nextOfExecutor(before.value)) return moved(name);
      const executor = { ...before.value, state: 'dismissed', sequence } as const;
      return ok([{ type: 'executor.dismissed', executor }]);
    },
  };
}

/** Rejects with `executor.not_admitted` whoever the owner did not name, or named no more. */
export function admittedIn(view: View, name: string): Result<ExecutorHead, Rejection> {
  const head = view.get<ExecutorHead>(executionKeys.executor(name));
  if (head?.state === 'admitted') return ok(head);
  return reject('executor.not_admitted', `the owner did not admit ${name}`);
}

/** Number of the next change of an executor. */
export function nextOfExecutor(before: ExecutorHead | undefined): string {
  return String(BigInt(before?.sequence ?? '0') + 1n);
}

function moved(name: string): Result<never, Rejection> {
  return reject('executor.moved', `${name} is no longer what this is about`);
}
