import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { digestBytes } from '@ioi/canon';
import { verifierRegistry } from '@ioi/crypto';
import { envelopeOf, openPackage, type PackageRefusal, type WorkerPackage } from '@ioi/law';
import { packageLines } from '../../core/worker-view.ts';
import { faultLines } from '../../core/workflow-view.ts';
import { type Command, flagOption } from '../../shell/context.ts';
import { CommandFault, messageOf, usageFault } from '../../shell/fault.ts';
import { manifestShape } from '../../shell/worker-files.ts';

/** `ioi worker inspect PACKAGE`: what it is and asks for, once all of it was checked. */
export const workerInspect: Command = async ({ output }, [path = ''], options) => {
  const opened = packageIn(path);
  if (flagOption(options, 'envelope')) {
    const envelope = envelopeOf(opened);
    output.say([JSON.stringify(envelope, undefined, 2)], envelope);
    return undefined;
  }
  const { address, manifest, files } = opened;
  const told = files.map(({ path: name, bytes }) => {
    return { path: name, size: bytes.length, digest: digestBytes(bytes) };
  });
  output.say(packageLines(opened), { address, manifest, files: told });
  return undefined;
};

/** `ioi worker unpack PACKAGE DIR`: its files and manifest, into a folder of their own. */
export const workerUnpack: Command = async ({ output }, [path = '', target = '']) => {
  const { address, manifest, files } = packageIn(path);
  const folder = resolve(target);
  try {
    mkdirSync(folder);
    for (const { path: name, bytes } of files) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), bytes, { flag: 'wx' });
    }
    const { authority, package: named, tasks, public_key, signature, ...draft } = manifest;
    writeFileSync(join(folder, 'worker.json'), `${JSON.stringify(draft, undefined, 2)}\n`);
  } catch (fault) {
    throw usageFault(`the package was not unpacked: ${messageOf(fault)}`);
  }
  const line = `unpacked ${manifest.id} ${manifest.version}: ${files.length} files`;
  output.say([line], { path: folder, id: manifest.id, version: manifest.version, address });
  return undefined;
};

export function packageIn(path: string): WorkerPackage {
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(readFileSync(path));
  } catch (fault) {
    throw usageFault(`the package cannot be read: ${messageOf(fault)}`, 'ioi worker pack DIR');
  }
  const opened = openPackage(bytes, { shape: manifestShape(), registry: verifierRegistry() });
  if (!opened.ok) throw refusedPackage(path, opened.error);
  return opened.value;
}

/** Said of who it is by, or of its files, and not so: the one thing that is no mistake of form. */
const NOT_AS_SAID = /^package\.(authority_mismatch|bad_signature|digest_mismatch)$/;

export function refusedPackage(path: string, refusal: PackageRefusal): CommandFault {
  if (refusal.kind === 'package') {
    const { code, message } = refusal.fault;
    const exit = NOT_AS_SAID.test(code) ? 'unverified' : 'usage';
    return new CommandFault({ exit, code, message: `${path} is refused: ${message}` });
  }
  const lines = faultLines(`${path}: manifest.json`, refusal.faults);
  const code = refusal.faults[0]?.code ?? 'manifest.wrong_type';
  return new CommandFault({ exit: 'usage', code, message: `${path} is refused`, lines });
}
