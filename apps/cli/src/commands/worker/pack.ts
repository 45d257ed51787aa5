import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { verifierRegistry } from '@ioi/crypto';
import { signHybrid } from '@ioi/crypto/shell';
import {
  draftFault,
  envelopeOf,
  fillManifest,
  type ManifestDraft,
  manifestMessage,
  openPackage,
  type PackedFile,
  readDraft,
  sealPackage,
} from '@ioi/law';
import { visible } from '../../core/visible.ts';
import { faultLines } from '../../core/workflow-view.ts';
import { type Command, textOption } from '../../shell/context.ts';
import { CommandFault, messageOf, usageFault } from '../../shell/fault.ts';
import { openKey, publicKeyIn } from '../../shell/principal-key.ts';
import { describedTasks, filesOf, manifestShape } from '../../shell/worker-files.ts';
import { refusedPackage } from './inspect.ts';

const MANIFEST = 'worker.json';

/** `ioi worker pack DIR --key FILE --out FILE`: its files and signed manifest, as one archive. */
export const workerPack: Command = async (context, [path = ''], options) => {
  const keyFile = textOption(options, 'key') ?? '';
  const out = textOption(options, 'out') ?? '';
  const publicKey = publicKeyIn(keyFile);
  const folder = resolve(path);
  const draft = draftIn(join(folder, MANIFEST));
  const files = packedOf(folder, resolve(out));
  // A wheel that is not what was locked is not run to hear what it says.
  const unfit = draftFault(draft, files);
  if (unfit !== undefined) throw refusedPackage(path, { kind: 'package', fault: unfit });
  const filled = fillManifest(draft, describedTasks(files, draft), { files, publicKey });
  if (!filled.ok) throw refusedPackage(path, { kind: 'package', fault: filled.error });
  const { manifest } = filled.value;
  const key = await openKey(context, keyFile, options);
  const signature = signHybrid(key, 'SIG_DOMAIN_MANIFEST', manifestMessage(manifest));
  const bytes = sealPackage({ ...manifest, signature }, filled.value.files);
  // What could not be opened elsewhere is not written here.
  const opened = openPackage(bytes, { shape: manifestShape(), registry: verifierRegistry() });
  if (!opened.ok) throw refusedPackage(path, opened.error);
  write(out, bytes);
  const { address } = opened.value;
  const envelope = envelopeOf(opened.value);
  const { id, version, authority, tasks } = manifest;
  const names = tasks.map(({ name }) => name);
  const lines = [`made ${out}: ${id} ${version}, tasks ${names.join(', ')}`, `package ${address}`];
  context.output.say(lines.map(visible), {
    path: out,
    id,
    version,
    authority,
    address,
    tasks,
    envelope,
  });
  return undefined;
};

function draftIn(path: string): ManifestDraft {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (fault) {
    const message = `the manifest cannot be read: ${messageOf(fault)}`;
    throw usageFault(message, 'ioi worker init DIR');
  }
  const draft = readDraft(text, manifestShape());
  if (draft.ok) return draft.value;
  const lines = faultLines(path, draft.error);
  const code = draft.error[0]?.code ?? 'manifest.wrong_type';
  throw new CommandFault({ exit: 'usage', code, message: `${MANIFEST} is refused`, lines });
}

/** Neither its own draft, which the signed manifest takes the place of, nor what is made of it. */
function packedOf(folder: string, out: string): PackedFile[] {
  return filesOf(folder).filter(({ path }) => path !== MANIFEST && join(folder, path) !== out);
}

/** Never over another file: what was handed out stays what it was. */
function write(path: string, bytes: Uint8Array): void {
  try {
    writeFileSync(path, bytes, { flag: 'wx' });
  } catch (fault) {
    throw usageFault(`the package was not written: ${messageOf(fault)}`);
  }
}
