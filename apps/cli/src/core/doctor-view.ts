import type { DoctorFinding, DoctorReport } from '@ioi/protocol';
import { countText } from './amounts.ts';
import type { Colour, Paint } from './paint.ts';
import { visible } from './visible.ts';

const COLOURS: Readonly<Record<DoctorFinding['severity'], Colour>> = {
  broken: 'red',
  repairable: 'yellow',
  note: 'dim',
};

/** Whether something has to be done: notes alone are nothing wrong. */
export function isWell({ findings }: DoctorReport): boolean {
  return findings.every(({ severity }) => severity === 'note');
}

/** Every finding with what it means and what to do; the last line says how it stands. */
export function doctorView(report: DoctorReport, paint: Paint): string[] {
  const { domains, entries, findings } = report;
  const lines = findings.flatMap(({ severity, code, where, message, means, next }) => [
    `${paint(COLOURS[severity], severity.padEnd(10))}  ${visible(code)}  ${visible(where)}`,
    `  found  ${visible(message)}`,
    `  means  ${visible(means)}`,
    `  next   ${visible(next)}`,
  ]);
  const extent = `${countText(domains)} domains, ${countText(entries)} entries`;
  if (isWell(report)) return [...lines, `${paint('green', 'well')}  ${extent} looked at`];
  const wrong = findings.filter(({ severity }) => severity !== 'note').length;
  return [...lines, `${paint('red', 'ill')}  ${wrong} findings in ${extent}`];
}
