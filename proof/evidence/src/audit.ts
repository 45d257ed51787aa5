import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { encodeUtf8 } from '@ioi/basis';
import { type BoundaryEvent, commitSummaryOf } from '@ioi/law';
import type { DecideAction, LogEntry, RecordExecution } from '@ioi/protocol';
import { verify } from '@ioi/verifier';
import type { Evidence } from './evidence.ts';

export type Witnesses = {
  /** The node's export. */
  readonly text: string;
  /** Lines the ledger server wrote, in order. */
  readonly ledger: readonly string[];
  /** Ids whose success a caller was told of. */
  readonly acknowledged: readonly string[];
  readonly workspace: string;
};

type Action = {
  readonly id: string;
  /** What shows outside that it happened, if anything does. */
  readonly mark: 'file' | 'line' | undefined;
  outcome: string | undefined;
};

/** Compares the witnesses; a finding is a broken promise. */
export function audit({ text, ledger, acknowledged, workspace }: Witnesses): Evidence {
  const findings: string[] = [];
  const report = verify([encodeUtf8(text)]);
  for (const finding of report.findings) findings.push(`verifier: ${JSON.stringify(finding)}`);
  const actions = actionsIn(text);
  const written = new Map<string, number>();
  for (const id of ledger) written.set(id, (written.get(id) ?? 0) + 1);
  for (const [id, times] of written) {
    if (times > 1) findings.push(`${id} was performed ${times} times`);
    if (!actions.has(id)) findings.push(`${id} was performed without a sealed record`);
  }
  for (const action of actions.values()) {
    const marks = {
      file: existsSync(join(workspace, `${action.id}.txt`)),
      line: written.has(action.id),
    };
    const happened = action.mark === undefined ? undefined : marks[action.mark];
    findings.push(...contradictions(action, happened));
  }
  for (const id of acknowledged) {
    if (actions.get(id)?.outcome !== 'completed') findings.push(`${id} was acknowledged and lost`);
  }
  const outcomes = [...actions.values()].map((action) => action.outcome ?? 'open');
  const counts: Record<string, number> = { acknowledged: acknowledged.length };
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return { findings, counts };
}

function contradictions({ id, outcome }: Action, happened: boolean | undefined): string[] {
  if (outcome === undefined) return [`${id} was committed and has no receipt`];
  if (outcome === 'completed' && happened === false)
    return [`${id} is receipted, but did not happen`];
  if (outcome === 'failed_before_effect' && happened)
    return [`${id} happened, against its receipt`];
  return [];
}

/** Of each committed act the outcome its receipt says; undefined where there is none. */
export function outcomesIn(text: string): (string | undefined)[] {
  return committedIn(text).map(({ outcome }) => outcome);
}

/** Committed actions by id, with the outcome of their last receipt. */
function actionsIn(text: string): Map<string, Action> {
  return new Map(committedIn(text).map((action) => [action.id, action]));
}

function committedIn(text: string): Action[] {
  const byHash = new Map<string, Action>();
  const lines = text.split('\n').filter((line) => line.startsWith('{"authenticated_by"'));
  const entries = lines.map((line) => JSON.parse(line) as LogEntry);
  const summaries = entries.flatMap((entry) => commitSummaryOf(entry) ?? []);
  const voided = new Set(summaries.flatMap((each) => each.voided.map(({ seq }) => seq)));
  for (const entry of entries.filter(({ seq }) => !voided.has(seq))) {
    const events = entry.events as BoundaryEvent[];
    const committed = events.find((event) => event.type === 'action.committed');
    if (committed) {
      byHash.set(committed.committed.request_hash, actionOf(entry.payload as DecideAction));
    }
    if (entry.operation === 'boundary/action.receipt') {
      const { request_hash, outcome } = entry.payload as RecordExecution;
      const action = byHash.get(request_hash);
      if (action) action.outcome = outcome;
    }
  }
  return [...byHash.values()];
}

function actionOf({ request }: DecideAction): Action {
  const { params, target, nonce } = request;
  const given = params['arguments'] as { id?: string } | undefined;
  if (target === 'fs::write') {
    return { id: basename(String(params['path']), '.txt'), mark: 'file', outcome: undefined };
  }
  if (given?.id !== undefined) return { id: given.id, mark: 'line', outcome: undefined };
  return { id: `${target} ${nonce}`, mark: undefined, outcome: undefined };
}
