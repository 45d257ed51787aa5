import { assert } from '@ioi/basis';
import type { RunEnvelope, WorkerEnd } from '@ioi/protocol';
import { advance, type CecStage } from '../cec/cec.ts';

export type RunState = RunEnvelope['state'];

/** One run of a task by a worker; values alone. */
export type Run = {
  readonly state: RunState;
  readonly stage: CecStage;
  /** Steps that wait for a person. */
  readonly waiting: number;
  /** What it asked of the node so far, and may at most. */
  readonly steps: number;
  readonly mostSteps: number;
  /** Why it failed or was cancelled. */
  readonly code?: string;
  readonly detail?: string;
};

type WorkingInput =
  | { readonly kind: 'paused' | 'resumed' | 'step_taken' | 'step_waits' | 'step_goes_on' }
  | { readonly kind: 'ended'; readonly end: WorkerEnd };

export type RunInput =
  | WorkingInput
  | { readonly kind: 'assigned' | 'starting' | 'described' | 'parked' | 'cancelled' | 'verified' }
  | { readonly kind: 'failed'; readonly code: string; readonly detail: string };

export type RunEffect =
  | { readonly kind: 'start' | 'invoke' | 'hold' | 'release' | 'abort' | 'verify' }
  | { readonly kind: 'end'; readonly state: 'completed' | 'failed' | 'cancelled' };

type Stepped = readonly [Run, readonly RunEffect[]];

const NOTHING: readonly RunEffect[] = [];
const WORKING: readonly RunState[] = ['running', 'awaiting_approval', 'paused'];
/** What may be said of one that has no worker now. */
const OF_QUEUED: readonly string[] = ['paused', 'resumed', 'step_waits', 'step_goes_on'];

export const isEnded = (state: RunState): boolean =>
  state === 'completed' || state === 'failed' || state === 'cancelled';

export function queued(mostSteps: number): Run {
  return { state: 'queued', stage: 'contract_loaded', waiting: 0, steps: 0, mostSteps };
}

/**
 * The life of a run (whitepaper B.4). What does not fit where it stands changes nothing: a word
 * that comes late is no fault of whoever it is about.
 */
export function stepRun(run: Run, input: RunInput): Stepped {
  if (isEnded(run.state)) return [run, NOTHING];
  switch (input.kind) {
    case 'assigned':
      if (run.state !== 'queued') return [run, NOTHING];
      return [{ ...onTo(run, 'discovery'), state: 'assigned' }, [{ kind: 'start' }]];
    case 'starting':
      return [run.state === 'assigned' ? { ...run, state: 'starting' } : run, NOTHING];
    case 'described':
      return described(run);
    case 'parked':
      return [parked(run), NOTHING];
    case 'cancelled':
      return ending({ ...run, code: 'run.cancelled' }, 'cancelled');
    case 'failed':
      return ending({ ...run, code: input.code, detail: input.detail }, 'failed');
    case 'verified':
      if (run.stage !== 'verification') return [run, NOTHING];
      return ending(onTo(onTo(run, 'completion_gate'), 'terminal'), 'completed');
    default:
      if (isUnbegun(run) ? !OF_QUEUED.includes(input.kind) : !WORKING.includes(run.state)) {
        return [run, NOTHING];
      }
      return work(run, input);
  }
}

const isUnbegun = ({ stage }: Run): boolean => stage === 'contract_loaded';

/** Its worker was let go: it begins anew. Who is waited for is waited for, and a pause stays. */
function parked(run: Run): Run {
  if (run.stage !== 'execution') return run;
  const { waiting, state } = run;
  return settled({ ...queued(run.mostSteps), waiting, ...(state === 'paused' ? { state } : {}) });
}

function described(run: Run): Stepped {
  if (run.state !== 'starting') return [run, NOTHING];
  const chosen = onTo(onTo(run, 'provider_selection'), 'payload_synthesis');
  return [{ ...onTo(chosen, 'execution'), state: 'running' }, [{ kind: 'invoke' }]];
}

function work(run: Run, input: WorkingInput): Stepped {
  switch (input.kind) {
    case 'step_taken':
      return counted({ ...run, steps: run.steps + 1 });
    case 'step_waits':
      return [settled({ ...run, waiting: run.waiting + 1 }), NOTHING];
    case 'step_goes_on':
      return [settled({ ...run, waiting: Math.max(0, run.waiting - 1) }), NOTHING];
    case 'paused':
      if (run.state === 'paused') return [run, NOTHING];
      return [{ ...run, state: 'paused' }, [{ kind: 'hold' }]];
    case 'resumed':
      if (run.state !== 'paused') return [run, NOTHING];
      return [settled({ ...run, state: 'running' }), [{ kind: 'release' }]];
    case 'ended':
      return ended(run, input.end);
  }
}

/** Its budget of steps is the last thing that a loop without an end runs into. */
function counted(run: Run): Stepped {
  if (run.steps <= run.mostSteps) return [run, NOTHING];
  const detail = `it asked for more than ${run.mostSteps} steps`;
  return ending({ ...run, code: 'run.too_many_steps', detail }, 'failed');
}

/** A pause is a person's, and outlasts whatever else is waited for. */
function settled(run: Run): Run {
  if (run.state === 'paused') return run;
  const going = isUnbegun(run) ? 'queued' : 'running';
  return { ...run, state: run.waiting > 0 ? 'awaiting_approval' : going };
}

function ended(run: Run, end: WorkerEnd): Stepped {
  if (run.stage !== 'execution') return [run, NOTHING];
  if (end.kind === 'returned') {
    return [{ ...settled({ ...onTo(run, 'verification'), waiting: 0 }) }, [{ kind: 'verify' }]];
  }
  const { code, message } = end;
  const detail =
    end.kind === 'raised' && end.trace !== undefined ? `${message}\n${end.trace}` : message;
  const told = end.kind === 'raised' ? 'worker.raised' : code;
  const why = end.kind === 'raised' ? `${code}: ${detail}` : detail;
  return ending({ ...run, code: told, detail: why }, 'failed');
}

function ending(run: Run, state: 'completed' | 'failed' | 'cancelled'): Stepped {
  const over: Run = { ...run, state, stage: 'terminal', waiting: 0 };
  const stop: readonly RunEffect[] = state === 'completed' ? [] : [{ kind: 'abort' }];
  return [over, [...stop, { kind: 'end', state }]];
}

function onTo(run: Run, stage: CecStage): Run {
  const advanced = advance(run.stage, stage);
  assert(advanced.ok, 'the life of a run keeps to the stages of its execution');
  return { ...run, stage: advanced.value };
}
