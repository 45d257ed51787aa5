import { encodeBase64, encodeUtf8 } from '@ioi/basis';
import { commitSummaryOf } from '@ioi/law';
import { Frontier, leafHash } from '@ioi/merkle';
import type { LogEntry } from '@ioi/protocol';
import { verify } from '@ioi/verifier';
import type { Evidence } from './evidence.ts';

/** A checkpoint that somebody was shown: entries, and base64 of the root over them. */
export type Shown = { readonly size: number; readonly root: string };

export type Promised = {
  /** Ids of objects that a caller was told are sealed. */
  readonly acknowledged: readonly string[];
  readonly shown: readonly Shown[];
};

/**
 * Holds the export of a domain against what was promised, with a verifier that shares nothing
 * with whoever wrote it: every object that was acknowledged stands in it, none stands twice, and
 * the log continues every checkpoint that was ever shown.
 */
export function auditDomain(text: string, { acknowledged, shown }: Promised): Evidence {
  const report = verify([encodeUtf8(text)]);
  const findings = report.findings.map((finding) => `verifier: ${JSON.stringify(finding)}`);
  const lines = text.split('\n').filter((line) => line.startsWith('{"authenticated_by"'));
  const entries = lines.map((line) => JSON.parse(line) as LogEntry);
  const standing = auditEntries(entries, acknowledged);
  findings.push(...standing.findings);
  const left = notContinued(lines, shown);
  for (const size of left) findings.push(`the log does not continue what was sealed at ${size}`);
  const differing = report.findings.filter(({ code }) => code.startsWith('log.')).length;
  const counts = {
    ...standing.counts,
    forks: left.length + differing,
  };
  return { findings, counts };
}

/** Every object that was acknowledged stands in these entries of a whole log, and none twice. */
export function auditEntries(
  entries: readonly LogEntry[],
  acknowledged: readonly string[],
): Evidence {
  const summaries = entries.flatMap((entry) => commitSummaryOf(entry) ?? []);
  const voided = new Set(summaries.flatMap((each) => each.voided.map(({ seq }) => seq)));
  const standing = new Map<string, number>();
  for (const { seq, operation, payload } of entries) {
    if (operation !== 'objects/put' || voided.has(seq)) continue;
    const id = String(payload['id']);
    standing.set(id, (standing.get(id) ?? 0) + 1);
  }
  const lost = acknowledged.filter((id) => !standing.has(id));
  const twice = [...standing].filter(([, times]) => times > 1);
  const findings = [
    ...lost.map((id) => `${id} was acknowledged and lost`),
    ...twice.map(([id, times]) => `${id} stands ${times} times`),
  ];
  const counts = {
    acknowledged: acknowledged.length,
    entries: entries.length,
    voided: voided.size,
    acknowledged_lost: lost.length,
  };
  return { findings, counts };
}

/** Sizes at which the log does not have the root that was shown. */
function notContinued(lines: readonly string[], shown: readonly Shown[]): number[] {
  const sizes = new Set(shown.map(({ size }) => size));
  const roots = new Map<number, string>();
  let frontier = Frontier.empty;
  for (const line of lines) {
    frontier = frontier.append(leafHash(line));
    if (sizes.has(frontier.size)) roots.set(frontier.size, encodeBase64(frontier.root()));
  }
  return shown.filter(({ size, root }) => roots.get(size) !== root).map(({ size }) => size);
}
