import { ok, type Result } from '@ioi/basis';
import type { AdmitExecutor, DismissExecutor, Rejection, View } from '@ioi/protocol';
import type { ExecutorStatement } from '../governance/signable.ts';
import { nextOfExecutor } from './executors.ts';
import { type ExecutorHead, executionKeys } from './heads.ts';

type Asked = Readonly<Record<string, unknown>>;
type Complete = (asked: Asked, known: { readonly view: View }) => Result<object, Rejection>;

function headOf(view: View, name: unknown): ExecutorHead | undefined {
  return view.get<ExecutorHead>(executionKeys.executor(String(name)));
}

const complete: Complete = (asked, { view }) =>
  ok({ ...asked, sequence: nextOfExecutor(headOf(view, asked['name'])) });

/** What is there now replaces what was asked. */
export const executorCompletions: Readonly<Record<ExecutorStatement, Complete>> = {
  'executor.admit': complete,
  'executor.dismiss': complete,
};

/** What each statement says. */
export const executorWords: Readonly<
  Record<ExecutorStatement, (statement: never, view: View) => string[]>
> = {
  'executor.admit': ({ name, key_hash }: AdmitExecutor['admission']) => [
    `${name} may carry out runs of workers`,
    `known by the key ${key_hash}`,
    'it asks for each step: what it may do is for the policy, and it is given no secret',
  ],
  'executor.dismiss': ({ name }: DismissExecutor['dismissal']) => [
    `${name} carries out nothing any more, also not what it has begun`,
  ],
};
