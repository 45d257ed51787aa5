import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { verifierRegistry } from '@ioi/crypto';
import { signHybrid } from '@ioi/crypto/shell';
import {
  type AddOnDraft,
  type AddOnPackage,
  fillAddOn,
  manifestMessage,
  openAddOn,
  type PackedFile,
  readAddOnDraft,
  type Shape,
  sealAddOn,
  skillIn,
} from '@ioi/law';
import type { AddOnManifest, Rejection } from '@ioi/protocol';
import { ADD_ON_COLUMNS, addOnLines, addOnReviewLines, addOnRows } from '../core/add-on-view.ts';
import { tabbed, table } from '../core/columns.ts';
import { visible } from '../core/visible.ts';
import { AddOnApi } from '../shell/add-on-api.ts';
import {
  type Command,
  type Context,
  flagOption,
  needNode,
  type Options,
  textOption,
} from '../shell/context.ts';
import { CommandFault, messageOf, usageFault } from '../shell/fault.ts';
import { signShown } from '../shell/governance.ts';
import { findSockets } from '../shell/home.ts';
import { openKey, publicKeyIn } from '../shell/principal-key.ts';
import { filesOf } from '../shell/worker-files.ts';

type Kind = AddOnManifest['kind'];

const DRAFT = 'add-on.json';
const SHAPE = new URL('../../../../protocol/schemas/AddOnManifest.json', import.meta.url);
const NOT_AS_SAID = /^package\.(authority_mismatch|bad_signature|digest_mismatch)$/;

/** `ioi skill pack DIR`: signed as it is, and opened again before it is written. Nothing runs. */
export function addOnPack(kind: Kind): Command {
  return async (context, [path = ''], options) => {
    const keyFile = textOption(options, 'key') ?? '';
    const out = resolve(textOption(options, 'out') ?? '');
    const folder = resolve(path);
    const all = filesOf(folder).filter((file) => join(folder, file.path) !== out);
    const files = all.filter((file) => file.path !== DRAFT);
    const draft = draftOf(kind, { folder, files, options });
    if (draft.kind !== kind) throw usageFault(`${path} is a ${draft.kind}: ioi ${draft.kind} pack`);
    const filled = fillAddOn(draft, files, publicKeyIn(keyFile));
    if (!filled.ok) throw refused(path, filled.error);
    const key = await openKey(context, keyFile, options);
    const { manifest: unsigned, archive } = filled.value;
    const signature = signHybrid(key, 'SIG_DOMAIN_MANIFEST', manifestMessage(unsigned));
    const sealed = sealAddOn({ ...unsigned, signature }, archive);
    if (!sealed.ok) throw refused(path, sealed.error);
    // What could not be opened elsewhere is not written here.
    const { address, manifest } = opened(sealed.value, path);
    try {
      writeFileSync(out, sealed.value, { flag: 'wx' });
    } catch (fault) {
      throw usageFault(`the package was not written: ${messageOf(fault)}`);
    }
    const lines = [`made ${out}: ${manifest.id} ${manifest.version}`, `package ${address}`];
    context.output.say(lines.map(visible), { path: out, address, manifest });
    return undefined;
  };
}

export function addOnInspect(kind: Kind): Command {
  return async ({ output }, [path = '']) => {
    const { address, manifest } = packageIn(kind, path);
    output.say(addOnLines(manifest, address), { address, manifest });
    return undefined;
  };
}

/** What it gives and what changed, and then the owner's signature over exactly that. */
export function addOnInstall(kind: Kind): Command {
  return async (context, [path = ''], options) => {
    const { address } = packageIn(kind, path);
    const api = apiOf(context);
    const digest = textOption(options, 'digest') ?? address;
    const review = await api.review({ path: resolve(path), digest });
    const { output } = context;
    for (const line of addOnReviewLines(review)) output.note(line);
    const { manifest } = review;
    const standing = (await api.list()).add_ons.find((each) => {
      return each.state === 'installed' && each.package === review.package;
    });
    if (standing === undefined) {
      const may_downgrade = flagOption(options, 'downgrade');
      const asked = { manifest, package: review.package, may_downgrade };
      await signShown(context, options, { operation: 'add_on.install', asked });
    }
    // Also where it stood: its bytes may have been missing.
    await api.reload();
    const { add_on } = await api.detail(manifest.id);
    const { inclusion, changes, signs } = review;
    const said = standing === undefined ? 'installed' : 'is installed as it is';
    const { name, version } = add_on;
    const line = `${said}: ${kind} ${name} ${version}; what it offers is mcp::${name}::… in a rule`;
    output.say([visible(line)], { add_on, inclusion, changes, signs });
    return undefined;
  };
}

export function addOnList(kind: Kind): Command {
  return async (context, _, options) => {
    const { output } = context;
    const all = (await apiOf(context).list()).add_ons.filter((each) => each.kind === kind);
    const isShown = flagOption(options, 'removed');
    const add_ons = all.filter(({ state }) => isShown || state === 'installed');
    const rows = addOnRows(add_ons);
    const lines = output.plain ? tabbed(rows) : table(ADD_ON_COLUMNS, rows);
    output.say(rows.length === 0 ? [`no ${kind} is installed`] : lines, { add_ons });
    return undefined;
  };
}

export function addOnRemove(kind: Kind): Command {
  return async (context, [name = ''], options) => {
    const api = apiOf(context);
    const { add_on } = await api.detail(name);
    if (add_on.kind !== kind)
      throw usageFault(`${name} is a ${add_on.kind}: ioi ${add_on.kind} remove`);
    const wish = { operation: 'add_on.remove', asked: { id: add_on.id } };
    const signed = await signShown(context, options, wish);
    await api.reload();
    const line = `removed: ${kind} ${add_on.name} ${add_on.version}, entry ${signed.entry.seq}`;
    context.output.say([visible(line)], signed);
    return undefined;
  };
}

type Drafting = {
  readonly folder: string;
  readonly files: readonly PackedFile[];
  readonly options: Options;
};

/** As `add-on.json` says; a folder of a skill says all of it but whose it is and which version. */
function draftOf(kind: Kind, { folder, files, options }: Drafting): AddOnDraft {
  const path = join(folder, DRAFT);
  if (existsSync(path)) {
    const draft = readAddOnDraft(readFileSync(path, 'utf8'), shapeOf());
    if (draft.ok) return draft.value;
    throw refused(path, draft.error);
  }
  const [id, version] = [textOption(options, 'id'), textOption(options, 'release')];
  if (kind !== 'skill') throw usageFault(`${path} is not there: it says what the extension is`);
  if (id === undefined || version === undefined) {
    throw usageFault(`say --id ai://… and --release, or both in ${DRAFT}`);
  }
  const skill = skillIn(files);
  if (!skill.ok) throw refused(folder, skill.error);
  return { id, version, kind, about: skill.value.description };
}

function packageIn(kind: Kind, path: string): AddOnPackage {
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(readFileSync(path));
  } catch (fault) {
    throw usageFault(`the package cannot be read: ${messageOf(fault)}`, `ioi ${kind} pack DIR`);
  }
  const found = opened(bytes, path);
  const { kind: other } = found.manifest;
  if (other === kind) return found;
  throw usageFault(`${path} is a package of a ${other}`, `ioi ${other} inspect ${path}`);
}

function opened(bytes: Uint8Array, path: string): AddOnPackage {
  const found = openAddOn(bytes, { shape: shapeOf(), registry: verifierRegistry() });
  if (found.ok) return found.value;
  throw refused(path, found.error);
}

function refused(path: string, { code, message }: Rejection): CommandFault {
  const exit = NOT_AS_SAID.test(code) ? 'unverified' : 'usage';
  return new CommandFault({ exit, code, message: `${path} is refused: ${message}` });
}

function shapeOf(): Shape {
  return JSON.parse(readFileSync(SHAPE, 'utf8')) as Shape;
}

function apiOf({ home }: Context): AddOnApi {
  needNode(home);
  return new AddOnApi(findSockets(home));
}
