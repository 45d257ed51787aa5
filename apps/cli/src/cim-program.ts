import type { Group } from './governance-program.ts';

/** `ioi cim` */
export function addCimCommands(group: Group): void {
  const add = group('cim', 'find personal data and secrets in a text');
  add('scan [file]', 'what is found where; - or nothing for standard input', async () => {
    return (await import('./commands/cim.ts')).cimScan;
  }).option('--show', 'print the values too');
  add('redact [file]', 'the text with everything that is found replaced', async () => {
    return (await import('./commands/cim.ts')).cimRedact;
  });
}
