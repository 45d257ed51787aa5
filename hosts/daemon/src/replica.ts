import { faultCode } from '@ioi/basis';
import { openTlsIdentity } from './shell/admission/tls-identity.ts';

/**
 * A replica of a node's logs, without a guardian: `replica.ts serve FOLDER SOCKET [HOST PORT]`. Or
 * `replica.ts key FOLDER`: makes the key by which a process is known in its cluster, and says what
 * the owner's roster calls it.
 */
async function main([verb = '', folder = '', socket = '', host, port]: string[]): Promise<void> {
  if (verb === 'key') {
    console.log(JSON.stringify({ tls_key: openTlsIdentity(folder).keyHash }));
    return;
  }
  if (verb !== 'serve') throw new Error(`replica.ts does not know ${verb}`);
  // Not above: what is packed beside this entry would run it wherever it is loaded.
  const { startReplica } = await import('./shell/replica/start-replica.ts');
  const listen = host === undefined ? undefined : { host, port: Number(port) };
  await startReplica({ folder, socket, listen });
}

function endOn(fault: unknown): never {
  const message = fault instanceof Error ? fault.message : String(fault);
  console.error(JSON.stringify({ code: faultCode(fault, 'replica.fault'), message }));
  process.exit(1);
}

process.on('uncaughtException', endOn);
await main(process.argv.slice(2)).catch(endOn);
