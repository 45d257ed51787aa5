import type { AgentStateArchiveEnvelope, RestoreReceiptEnvelope, SealedEntry } from '@ioi/protocol';
import { CommandFault } from './fault.ts';
import type { DaemonApi } from './node-api.ts';

/** What is kept of an archive or a restore, in the log of the domain it is about. */
type Kept =
  | {
      readonly kind: 'AgentStateArchive';
      readonly id: string;
      readonly value: AgentStateArchiveEnvelope;
    }
  | {
      readonly kind: 'RestoreReceipt';
      readonly id: string;
      readonly value: RestoreReceiptEnvelope;
    };

/** An object of a class that is made with the first of them. */
export async function keepObject(
  { domains }: DaemonApi,
  domain: string,
  { kind, id, value }: Kept,
): Promise<SealedEntry> {
  if (!(await hasClass(domains, domain, kind))) {
    const schema = { type: 'object', fields: { envelope: { type: 'json' } } };
    const payload = { object_class: kind, schema_version: '1.0.0', schema };
    await domains.submit(domain, { operation: 'objects/class.define', payload });
  }
  const payload = { object_class: kind, id, value: { envelope: value }, expected_version: '0' };
  return domains.submit(domain, { operation: 'objects/put', payload });
}

async function hasClass(
  domains: DaemonApi['domains'],
  domain: string,
  name: string,
): Promise<boolean> {
  try {
    await domains.object(domain, 'class', name);
    return true;
  } catch (fault) {
    if (fault instanceof CommandFault && fault.about.code === 'object.unknown') return false;
    throw fault;
  }
}
