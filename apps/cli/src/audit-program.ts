import type { Group } from './governance-program.ts';

/** What happened, for the programs that watch over many machines. */
export function addAuditCommands(group: Group): void {
  const add = group('audit', 'tell a log collector or SIEM what happens here');
  add(
    'stream <to>',
    'decisions, effects and changes as OCSF, each at least once: to a file, - for standard ' +
      'output, https://…, otlp+https://…, otlp-traces+https://… or syslog+tls://HOST[:PORT]',
    async () => (await import('./commands/audit/stream.ts')).auditStream,
  )
    .option('--name <name>', 'what the stream is called; else made of where it goes')
    .option('--from <place>', 'where it begins the first time: now, or an entry; else the first')
    .option('--once', 'end when everything that is sealed by now was told')
    .option('--details', 'with paths, addresses and parameters of what agents ask')
    .option('--token-file <file>', 'sent as a bearer token')
    .option('--ca <file>', 'who may sign for the receiver, in PEM; else who this machine trusts')
    .option('--cert <file>', 'what this node shows to the receiver, in PEM')
    .option('--key <file>', 'its private key, in PEM');
  const load = () => import('./commands/audit/list.ts');
  add('list', 'every stream, and how far behind it is', async () => (await load()).auditList);
  add('forget <name>', 'begin it anew', async () => (await load()).auditForget);
}
