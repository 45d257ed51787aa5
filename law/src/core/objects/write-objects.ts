import { err, ok } from '@ioi/basis';
import {
  type DeleteObject,
  isDeleteObject,
  isPatchObject,
  isPutObject,
  isTransactObjects,
  type ObjectStep,
  type Operation,
  type PatchObject,
  type PutObject,
  type TransactObjects,
} from '@ioi/protocol';
import type { ClassCache } from './class-cache.ts';
import type { ObjectEvent } from './events.ts';
import { refusalOf } from './permission.ts';
import { plan } from './plan.ts';
import { ReadRun } from './reads.ts';

type Writing<P> = {
  readonly accepts: (payload: unknown) => payload is P;
  readonly steps: (payload: P) => readonly ObjectStep[];
};

export function putObject(classes: ClassCache): Operation<PutObject, ObjectEvent> {
  return writing(classes, {
    accepts: isPutObject,
    steps: ({ reason: _, ...step }) => [{ action: 'put', ...step }],
  });
}

export function patchObject(classes: ClassCache): Operation<PatchObject, ObjectEvent> {
  return writing(classes, {
    accepts: isPatchObject,
    steps: ({ reason: _, ...step }) => [{ action: 'patch', ...step }],
  });
}

export function deleteObject(classes: ClassCache): Operation<DeleteObject, ObjectEvent> {
  return writing(classes, {
    accepts: isDeleteObject,
    steps: ({ reason: _, ...step }) => [{ action: 'delete', ...step }],
  });
}

export function transactObjects(classes: ClassCache): Operation<TransactObjects, ObjectEvent> {
  return writing(classes, { accepts: isTransactObjects, steps: ({ steps }) => steps });
}

/** What reads and what decides is one function, so no write reads what it did not declare. */
function writing<P extends object>(
  classes: ClassCache,
  { accepts, steps }: Writing<P>,
): Operation<P, ObjectEvent> {
  const planning = new ReadRun((payload: P, view) => plan(steps(payload), view, classes));
  return {
    authors: ['channel', 'key'],
    accepts,
    reads: (payload, view) => planning.reads(payload, view),
    needs: () => [],
    decide: (payload, { view, at, author }) => {
      const planned = planning.result(payload, view);
      if (!planned.ok) return planned;
      const refused = refusalOf(planned.value.changes, { author, at });
      if (refused) return err(refused);
      return ok(planned.value.events);
    },
  };
}
