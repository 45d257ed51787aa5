import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson } from '@ioi/canon';
import { verifierRegistry } from '@ioi/crypto';
import { signHybrid } from '@ioi/crypto/shell';
import {
  bundleHash,
  bundleMessage,
  checkPublication,
  compilePolicy,
  contradictoryBundle,
  includes,
  joinLayers,
  type LoadedPolicy,
  loadPolicy,
  wordsOutside,
} from '@ioi/law';
import {
  isOrganisationPublication,
  isPolicyBundleFile,
  type OrganisationPublication,
  type PrincipalKey,
} from '@ioi/protocol';
import {
  newCeiling,
  newOrganisationFile,
  ORGANISATION_NAME,
  type OrganisationFile,
  readOrganisationFile,
} from '../core/organisation-source.ts';
import { publicationView } from '../core/organisation-source-view.ts';
import { visible } from '../core/visible.ts';
import { type Command, type Context, type Options, textOption } from '../shell/context.ts';
import { CommandFault, messageOf, usageFault } from '../shell/fault.ts';
import { readJson } from '../shell/governance.ts';
import { readPack, readPolicyFile } from '../shell/policy-file.ts';
import { keyIdOf, makeKeyFile, openKey } from '../shell/principal-key.ts';
import { principalKeyIn } from '../threshold/files.ts';
import { withProvider } from './with-provider.ts';

/** Where nodes look for it in what is served. */
const PUBLICATION = 'ioi-organisation.json';
export const SOURCE = 'organisation.json';
const KEY = 'organisation.key';
const NUMBER = /^(0|[1-9][0-9]{0,18})$/;

/** `ioi org init FOLDER --as org://…` */
export const orgInit: Command = async (context, [folder = ''], options) => {
  const organisation_id = textOption(options, 'as') ?? '';
  if (!ORGANISATION_NAME.test(organisation_id)) {
    throw usageFault(`--as takes a name such as org://example, not ${organisation_id}`);
  }
  mkdirSync(folder, { recursive: true });
  // The key first: where there is one already, nothing beside it is touched.
  const public_key = await makeKeyFile(context, join(folder, KEY), options);
  const files = {
    [SOURCE]: jsonText(newOrganisationFile(organisation_id)),
    'policy.json': jsonText(newCeiling()),
    '.gitignore': `${KEY}\n`,
  };
  for (const [name, text] of Object.entries(files)) writeNew(join(folder, name), text);
  const key_id = keyIdOf(public_key);
  const lines = [
    `made ${visible(folder)}: ${Object.keys(files).join(', ')}, and ${KEY}, which stays with you`,
    `fingerprint ${key_id}`,
    `next: edit policy.json, then: ioi org publish ${visible(folder)} --out PUBLIC`,
  ];
  context.output.say(lines, { folder, organisation_id, key_id });
  return undefined;
};

/** `ioi org publish FOLDER --out PUBLIC` */
export const orgPublish: Command = async (context, [folder = ''], options) => {
  const keyFile = textOption(options, 'key') ?? join(folder, KEY);
  const public_key = principalKeyIn(keyFile);
  const out = textOption(options, 'out') ?? '';
  const before = published(out, public_key);
  const given = textOption(options, 'bundle');
  const publication =
    given === undefined
      ? await signed({ context, folder, keyFile, public_key, before }, options)
      : broughtFrom(given, public_key);
  const held = before && heldOf(before);
  const expected = {
    keyId: keyIdOf(public_key),
    now: BigInt(Date.now()),
    ...(held ? { held } : {}),
  };
  const checked = checkPublication(publication, expected, verifierRegistry());
  if (!checked.ok) throw refused(checked.error.code, checked.error.message);
  mkdirSync(out, { recursive: true });
  replace(join(out, PUBLICATION), publication);
  const { version, key_id, organisation_id, policy_hash } = publication.bundle;
  const path = join(out, PUBLICATION);
  const next = `next, on a node: ioi org enroll SOURCE --key ${key_id}`;
  const further = before && wordsOutside(includes(compiled(before), compiled(publication)));
  const lines = [`published ${visible(path)}`, ...publicationView(publication)];
  const more = further === undefined ? {} : { further };
  const told = { path, organisation_id, key_id, version, policy_hash, ...more };
  context.output.say([...lines, ...changeView(before, further), next], told);
  return undefined;
};

function compiled({ rules }: OrganisationPublication) {
  return compilePolicy(rules);
}

/** Whether what is published now goes further than what was, with a request that shows it. */
function changeView(before: OrganisationPublication | undefined, further: string | undefined) {
  if (before === undefined) return [];
  const than = '  change    ';
  const version = visible(before.bundle.version);
  if (further === undefined) return [`${than}lies inside version ${version}`];
  return [visible(`${than}goes further than version ${version}: ${further}`)];
}

type Signing = {
  readonly context: Context;
  readonly folder: string;
  readonly keyFile: string;
  readonly public_key: PrincipalKey;
  readonly before: OrganisationPublication | undefined;
};

async function signed(
  { context, folder, keyFile, public_key, before }: Signing,
  options: Options,
): Promise<OrganisationPublication> {
  if (public_key.algorithm === 'threshold-ed25519-ml-dsa-44') {
    const message = 'M of N sign with `ioi policy bundle sign`; bring it here with --bundle FILE';
    throw usageFault(message, 'ioi policy bundle sign --help');
  }
  const file = sourceIn(folder);
  const { rules, policyHash } = rulesOf(folder, file);
  const settings = await withProvider(file.settings, file.roles);
  const contradictory = contradictoryBundle({ rules, settings });
  if (contradictory) throw refused(contradictory.code, contradictory.message);
  const unsigned = {
    organisation_id: file.organisation_id,
    key_id: keyIdOf(public_key),
    version: versionOf(options, before),
    policy_hash: policyHash,
    issued: String(Date.now()),
    max_age_ms: file.maxAgeMs,
    stale: file.stale,
    ...(Object.keys(settings).length === 0 ? {} : { settings }),
  };
  const key = await openKey(context, keyFile, options);
  const signature = signHybrid(key, 'SIG_DOMAIN_POLICY', bundleMessage(unsigned));
  return { public_key, bundle: { ...unsigned, signature }, rules };
}

function sourceIn(folder: string): OrganisationFile {
  const path = join(folder, SOURCE);
  const read = readOrganisationFile(readJson(path));
  if (read.ok) return read.value;
  throw usageFault(`${path}: ${read.error}`, 'docs/guides/organisations.md');
}

/** All layers and packs as one policy, in the form in which it is signed. */
function rulesOf(folder: string, { organisation_id, layers, settings }: OrganisationFile) {
  const named: { readonly name: string; readonly rules: LoadedPolicy['rules'] }[] = [
    ...layers.map((name) => ({ name, rules: readPolicyFile(join(folder, name)).rules })),
    ...(settings.packs ?? []).map((name) => ({ name, rules: readPack(name).rules })),
  ];
  const joined = joinLayers(organisation_id.slice('org://'.length).slice(0, 256), named);
  if (!joined.ok) throw refused(joined.error.code, joined.error.message);
  const loaded = loadPolicy(jsonText(joined.value));
  if (loaded.ok) return loaded.value;
  throw refused('policy.layers_contradict', loaded.error[0]?.message ?? 'they do not load as one');
}

function versionOf(options: Options, before: OrganisationPublication | undefined): string {
  const given = textOption(options, 'number');
  if (given === undefined) return String(BigInt(before?.bundle.version ?? '0') + 1n);
  if (NUMBER.test(given)) return given;
  throw usageFault(`--number takes a whole number, not ${given}`);
}

/** What nodes find there now; another organisation's is not written over. */
function published(out: string, key: PrincipalKey): OrganisationPublication | undefined {
  let text: string;
  try {
    text = readFileSync(join(out, PUBLICATION), 'utf8');
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw usageFault(`${out} cannot be read: ${messageOf(fault)}`);
  }
  const value: unknown = jsonIn(text);
  if (isOrganisationPublication(value) && value.bundle.key_id === keyIdOf(key)) return value;
  throw refused(
    'organisation.wrong_key',
    `${out} holds what another key published, or something else`,
  );
}

function broughtFrom(path: string, public_key: PrincipalKey): OrganisationPublication {
  const file = readJson(path);
  if (isPolicyBundleFile(file)) return { public_key, ...file };
  throw usageFault(`${path} is no bundle`, 'ioi policy bundle sign');
}

function heldOf({ bundle }: OrganisationPublication) {
  return { version: bundle.version, bundle_hash: bundleHash(bundle) };
}

/** In the place of what was there, all at once: whoever fetches gets one or the other. */
function replace(path: string, publication: OrganisationPublication): void {
  const text = canonicalJson(publication);
  if (!text.ok) throw new Error(text.error.message);
  try {
    writeFileSync(`${path}.new`, `${text.value}\n`, { flush: true });
    renameSync(`${path}.new`, path);
  } catch (fault) {
    throw usageFault(`${path} was not written: ${messageOf(fault)}`);
  }
}

function writeNew(path: string, text: string): void {
  try {
    writeFileSync(path, text, { flag: 'wx' });
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw usageFault(`${path} was not written: ${messageOf(fault)}`);
  }
}

function jsonText(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refused(code: string, message: string): CommandFault {
  return new CommandFault({ exit: 'usage', code, message, next: 'docs/guides/organisations.md' });
}
