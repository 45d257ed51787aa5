import type { Refolded, ReplayReport, Throughput, VerifyRootReport } from '@ioi/protocol';
import { countText } from './amounts.ts';
import type { Paint } from './paint.ts';
import { visible } from './visible.ts';

/** What a log folds to, domain by domain. */
export function replayView({ domains }: ReplayReport): string[] {
  return domains.flatMap((domain) => [
    visible(domain.domain_id),
    ...refoldedLines(domain),
    `  pace        ${paceText(domain)}`,
  ]);
}

/** Whether logs and states are what was signed; the last line's first word is PASS or FAIL. */
export function verifyRootView({ domains }: VerifyRootReport, paint: Paint): string[] {
  const lines = domains.flatMap((domain) => [
    [visible(domain.domain_id), markOf(domain, paint)].join('  '),
    `  entries     ${countText(domain.entries)}, signed by ${domain.signatures.join(' and ')}`,
    `  log root    ${visible(domain.log_root)}`,
    ...(domain.refolded ? refoldedLines(domain.refolded).slice(1) : []),
    ...(domain.unsealed > 0 ? [`  unsealed    ${countText(domain.unsealed)} beyond them`] : []),
    ...(domain.fault ? [`  ${visible(domain.fault.code)}: ${visible(domain.fault.message)}`] : []),
    `  pace        ${paceText(domain)}`,
  ]);
  const bad = domains.filter(({ fault }) => fault !== undefined).length;
  if (bad > 0) return [...lines, `${paint('red', 'FAIL')}  ${bad} of ${domains.length} domains`];
  return [...lines, `${paint('green', 'PASS')}  ${domains.length} domains are what was signed`];
}

function markOf({ fault }: VerifyRootReport['domains'][number], paint: Paint): string {
  return fault ? paint('red', 'differs') : paint('green', 'holds');
}

function refoldedLines({ entries, commits, state_root, operations, objects }: Refolded): string[] {
  return [
    `  entries     ${countText(entries)}`,
    `  commits     ${countText(commits)}`,
    `  state root  ${visible(state_root)}`,
    `  operations  ${countsText(operations)}`,
    `  objects     ${countsText(objects)}`,
  ];
}

function countsText(counts: Readonly<Record<string, number>>): string {
  const all = Object.entries(counts).sort(([, one], [, other]) => other - one);
  const said = all.slice(0, 6).map(([name, count]) => `${countText(count)} ${visible(name)}`);
  const rest = all.slice(6).reduce((sum, [, count]) => sum + count, 0);
  if (rest > 0) said.push(`${countText(rest)} of ${all.length - 6} others`);
  return said.join(', ') || 'none';
}

function paceText({ elapsed_ms, operations_per_second }: Throughput): string {
  return `${(elapsed_ms / 1000).toFixed(2)} s, ${countText(operations_per_second)} entries/s`;
}
