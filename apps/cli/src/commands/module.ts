import { isServiceModuleManifestEnvelope, type ServiceModuleManifestEnvelope } from '@ioi/protocol';
import { listLines, recordLines, type Shown } from '../core/governance-view.ts';
import { visible } from '../core/visible.ts';
import { type Command, type Context, textOption } from '../shell/context.ts';
import { usageFault } from '../shell/fault.ts';
import {
  justificationOf,
  policyArgument,
  readJson,
  rowsOf,
  signShown,
} from '../shell/governance.ts';
import { keptRules } from '../shell/policy-file.ts';
import { findChain } from './chain.ts';

const MODULES = 'service-modules';
const COLUMNS: readonly Shown[] = [
  { title: 'MODULE', most: 44, of: 'module_id' },
  { title: 'STATUS', most: 10, of: 'status' },
  { title: 'MANIFEST', most: 12, of: 'manifest_hash', isId: true },
  { title: 'CHAIN', most: 12, of: 'chain_id', isId: true },
  { title: 'CAPABILITIES', most: 60, of: 'required_capabilities' },
];

/** A manifest from a file; anything else is refused by name. */
export function readManifest(path: string): ServiceModuleManifestEnvelope {
  const manifest = readJson(path);
  if (isServiceModuleManifestEnvelope(manifest)) return manifest;
  const next = 'docs/reference/artifacts.md, ServiceModuleManifestEnvelope';
  throw usageFault(`${path} is no manifest of a service module`, next);
}

/** What all versions of a module share, from its name with or without scheme and version. */
export function lineageIn(given: string): string {
  const name = given.replace(/^module:\/\//, '');
  const [authority = '', module = '', ...version] = name.split('/');
  if (authority !== '' && module !== '' && version.length <= 1) {
    return `module://${authority}/${module}`;
  }
  throw usageFault(`${given} is no name of a module, such as local/summarise`, 'ioi module list');
}

/** `ioi module register FILE`: a module becomes governed. */
export const moduleRegister: Command = async (context, [path = ''], options) => {
  const manifest = readManifest(path);
  const chain = textOption(options, 'chain');
  const policy = textOption(options, 'policy');
  const asked = {
    manifest,
    ...(chain === undefined ? {} : { chain_id: await findChain(context, chain) }),
    ...(policy === undefined ? {} : { policy_hash: policyArgument(context, policy) }),
  };
  const signed = await signShown(context, options, { operation: 'module.register', asked });
  const line = `registered: ${visible(manifest.module_id)}, entry ${signed.entry.seq}`;
  context.output.say([line], signed);
  return undefined;
};

/** `ioi module swap MODULE FILE`: another manifest for a governed module. */
export const moduleSwap: Command = async (context, [given = '', path = ''], options) => {
  const manifest = readManifest(path);
  const lineage = lineageIn(given);
  if (lineageIn(manifest.module_id) !== lineage) {
    throw usageFault(`${path} is a manifest of ${manifest.module_id}, not of ${lineage}`);
  }
  const policy = textOption(options, 'policy');
  const policyHash = policy === undefined ? undefined : policyArgument(context, policy);
  const asked = {
    manifest,
    justification: justificationOf(options),
    ...(policyHash === undefined ? {} : await policyChange(context, lineage, policyHash)),
  };
  const signed = await signShown(context, options, { operation: 'module.swap', asked });
  const { inclusion = 'undecided' } = signed.review;
  const line = `swapped: ${visible(manifest.module_id)}, ${inclusion}, entry ${signed.entry.seq}`;
  context.output.say([line], signed);
  return undefined;
};

/** `ioi module list`: every manifest, what stands and what was replaced. */
export const moduleList: Command = async (context) => {
  const answer = await rowsOf(context, MODULES);
  const { output } = context;
  output.say(listLines(COLUMNS, answer.rows, output.plain), answer);
  return undefined;
};

/** `ioi module show MODULE`: all its versions, the newest first. */
export const moduleShow: Command = async (context, [given = '']) => {
  const rows = await versionsOf(context, lineageIn(given));
  if (rows.length === 0) throw usageFault(`there is no module ${given}`, 'ioi module list');
  const lines = rows.flatMap((row) => [...recordLines(row), '']).slice(0, -1);
  context.output.say(lines, { versions: rows });
  return undefined;
};

/** With the texts of both policies where they are here, so that they can be compared. */
async function policyChange(context: Context, lineage: string, policy_hash: string) {
  const versions = await versionsOf(context, lineage);
  const current = versions.find(({ status }) => status === 'registered')?.['policy_hash'];
  const before = keptRules(context.home, String(current));
  const after = keptRules(context.home, policy_hash);
  return { policy_hash, ...(before && after ? { policies: { before, after } } : {}) };
}

async function versionsOf(context: Context, lineage: string) {
  const { rows } = await rowsOf(context, MODULES, { module_id: { prefix: `${lineage}/` } });
  return rows.toSorted((left, right) => Number(right['changed_seq']) - Number(left['changed_seq']));
}
