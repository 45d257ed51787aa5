import type { Summary, VerificationReport } from '@ioi/verifier';
import type { Paint } from './paint.ts';
import { clipped, visible } from './visible.ts';

/** How far a verification reached: what it was held against besides the file itself. */
export type Anchors = {
  readonly node: boolean;
  readonly checkpoint: boolean;
  /** Who cosigned, each with the time; undefined where no witness was named. */
  readonly cosigners?: readonly string[];
  /** When an authority saw the checkpoint. */
  readonly stamped?: { readonly time: string; readonly authority: string };
};

/** What was checked and found; PASS or FAIL is the last line's first word. */
export function reportView(report: VerificationReport, anchors: Anchors, paint: Paint): string[] {
  if (!report.ok) {
    const findings = report.findings.map(({ code, message, line, seq }) => {
      const place = [line && `line ${line}`, seq && `entry ${seq}`].filter(Boolean).join(', ');
      return `  ${visible(code)}: ${visible(message)}${place === '' ? '' : ` (${place})`}`;
    });
    return [...findings, `${paint('red', 'FAIL')}  nothing in this file may be relied on`];
  }
  const { summary } = report;
  const { actions, executions } = summary;
  const lines = [
    `node         ${visible(summary.node_id)}${summary.demo ? ' (demo)' : ''}`,
    `entries      ${summary.entries} in ${summary.commits} commits; signatures, root, state`,
    `decided      ${counts(actions)}; each decided again under its policy`,
    `performed    ${counts(executions)}; each after its commit was sealed`,
    `policies     ${summary.policies.map(policyText).join(', ') || 'none'}`,
    `isolation    ${visible(summary.tiers.join(', ')) || 'no receipt'}`,
    `held against ${anchorText(anchors)}`,
  ];
  const { installed, invocations } = summary.workers;
  if (installed > 0) {
    lines.push(`workers      ${installed} installed, ${invocations} runs of them, with receipts`);
  }
  const { committed, revealed } = summary.seeds;
  if (committed > 0) {
    lines.push(`chance       ${committed} seeds committed, ${revealed} revealed as committed`);
  }
  if (summary.epochs.length > 0) lines.splice(2, 0, `epochs       ${epochsText(summary)}`);
  if (report.witnessed) {
    const { size } = report.witnessed.checkpoint;
    const by = (anchors.cosigners ?? []).join(', ');
    lines.push(visible(`witnessed    ${size} of ${summary.entries} entries, by ${by}`));
  }
  if (anchors.stamped) {
    const { time, authority } = anchors.stamped;
    lines.push(visible(`stamped      the checkpoint was there at ${time}, says ${authority}`));
  }
  if (summary.open.length > 0) {
    lines.push(paint('yellow', `may have happened: ${visible(summary.open.join(', '))}`));
  }
  if (summary.forgotten.length > 0) {
    const { length } = summary.forgotten;
    const places = clipped(summary.forgotten.join(', '), 60);
    const line = `forgotten    ${length} decided on content that is gone: not decided again on it`;
    lines.push(paint('yellow', `${line} (entries ${places})`));
  }
  return [...lines, `${paint('green', 'PASS')}  ${summary.entries} entries verified`];
}

function counts(named: Readonly<Record<string, number>>): string {
  const said = Object.entries(named).filter(([, count]) => count > 0);
  if (said.length === 0) return 'nothing';
  return said.map(([name, count]) => `${count} ${name.replaceAll('_', ' ')}`).join(', ');
}

function epochsText({ epochs }: Pick<Summary, 'epochs'>): string {
  const said = epochs.map(({ epoch, reason, size, known_size: known }) => {
    const lost = known === undefined ? '' : ` (entries ${size} to ${BigInt(known) - 1n} lost)`;
    return `${epoch} by ${reason} after ${size} entries${lost}`;
  });
  return visible(['0', ...said].join(', '));
}

function policyText({ policy_id, version }: { policy_id: string; version: string }): string {
  return visible(`${policy_id} version ${version}`);
}

function anchorText({ node, checkpoint, cosigners }: Anchors): string {
  const named = [
    node && 'the node id',
    checkpoint && 'the checkpoint',
    cosigners && 'the witnesses',
  ];
  const given = named.filter((each) => typeof each === 'string');
  if (given.length > 0) return `${given.join(' and ')} that ${isAre(given)} given`;
  return (
    'nothing: the keys come from the file itself. It is whole and consistent; whose it is, ' +
    'say --node ID or --expect CHECKPOINT'
  );
}

function isAre(given: readonly string[]): string {
  return given.length === 1 && given[0] !== 'the witnesses' ? 'was' : 'were';
}
