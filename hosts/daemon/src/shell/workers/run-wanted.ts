import type { Digest } from '@ioi/canon';
import type { WorkerRunAsked } from '@ioi/protocol';
import type { OwnStep } from '../../core/index.ts';
import type { Keyed } from '../once.ts';

/** What a graph has a step of it do: under an id that is sealed, within what it delegates. */
export type RunWithin = {
  readonly runId: string;
  readonly sessionId?: Digest;
  readonly capabilities: readonly string[];
  readonly scopes: readonly string[];
  readonly labels: readonly string[];
  /** The folder is a copy that the node itself made. */
  readonly isCopy: boolean;
  /** A person decides each of its acts. */
  readonly approval?: 'always';
  /** It is carried out by no worker, but by the node itself. */
  readonly own?: OwnStep;
};

export type RunWanted = {
  readonly asked: WorkerRunAsked;
  readonly within: RunWithin | undefined;
  readonly keyed: Keyed | undefined;
};
