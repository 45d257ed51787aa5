import { writeFileSync } from 'node:fs';
import type { ObjectsPage, ReadPrecondition } from '@ioi/protocol';
import { tabbed } from '../core/columns.ts';
import {
  closedRows,
  domainLines,
  domainRows,
  domainTable,
  headClassOf,
} from '../core/domain-view.ts';
import { preconditionOf } from '../core/precondition.ts';
import { visible } from '../core/visible.ts';
import {
  type Command,
  type Context,
  countOption,
  flagOption,
  listOption,
  type Options,
  textOption,
} from '../shell/context.ts';
import { messageOf, usageFault } from '../shell/fault.ts';
import { objectArgument } from '../shell/json-argument.ts';
import { speakerOf } from '../shell/submit.ts';
import { exportTo } from './export.ts';

const LIMIT = 50;
const PAGE_MAX = 1000;
const VALUE_SPACES = 2;

/** `ioi domain list` */
export const domainList: Command = async ({ daemon, output }) => {
  const { domains, closed, refused } = await daemon.domains.page();
  const now = Date.now();
  const lines = output.plain
    ? tabbed([...domainRows(domains, now), ...closedRows(closed)])
    : domainTable(domains, now, closed);
  output.say(lines, { domains, closed, refused });
  for (const { domain_id: domainId, code, message } of refused) {
    output.note(visible(`${domainId} is not open: ${code}: ${message}`));
  }
  return undefined;
};

/** `ioi domain open DOMAIN`: a new domain of this node. */
export const domainOpen: Command = async ({ daemon, output }, [name = '']) => {
  const domainId = name.includes('://') ? name : `agentgres://domain/${name}`;
  const opened = await daemon.domains.open(domainId);
  output.say([`opened ${visible(opened.domain_id)}, ${opened.size} entries`], opened);
  return undefined;
};

/** `ioi domain show DOMAIN` */
export const domainShow: Command = async ({ daemon, output }, [name = '']) => {
  const domain = await daemon.domains.status(name);
  const { classes } = await daemon.domains.classes(name);
  const counts = classes.map(({ head_class, objects }) => `  ${objects}  ${visible(head_class)}`);
  output.say([...domainLines(domain, Date.now()), ...counts], { ...domain, classes });
  return undefined;
};

/** `ioi domain submit DOMAIN OPERATION [--payload …] [--sign FILE] [--if-unchanged …]` */
export const domainSubmit: Command = async (context, [name = '', operation = ''], options) => {
  const payload = objectArgument('--payload', textOption(options, 'payload') ?? '{}');
  const preconditions = preconditionsIn(options);
  const speak = await speakerOf(context, name, options);
  const more = preconditions.length === 0 ? {} : { preconditions };
  const sealed = await speak({ operation, payload, ...more });
  const { seq, operation_id } = sealed.entry;
  const lines = [`sealed ${visible(operation)} as entry ${seq}, ${operation_id}`];
  context.output.say(lines, sealed);
  return undefined;
};

function preconditionsIn(options: Options): ReadPrecondition[] {
  return listOption(options, 'ifUnchanged').map((text) => {
    const read = preconditionOf(text);
    if (!read.ok) throw usageFault(read.error.message, 'ioi domain submit --help');
    return read.value;
  });
}

/** `ioi domain objects DOMAIN CLASS [--id ID] [--proof FILE]` */
export const domainObjects: Command = async (context, [name = '', className = ''], options) => {
  const { daemon, output } = context;
  const headClass = headClassOf(className);
  const id = textOption(options, 'id');
  const proof = textOption(options, 'proof');
  if (proof !== undefined) {
    const { domains } = daemon;
    const proven = await (id === undefined
      ? domains.provenListing(name, headClass)
      : domains.provenObject(name, headClass, id));
    saveNew(proof, `${JSON.stringify(proven.proof)}\n`, flagOption(options, 'force'));
    const lines = [`wrote ${visible(proof)}, of ${proven.size} entries`];
    output.say([...lines, `next: ioi verify ${visible(proof)}`], { out: proof, size: proven.size });
    return undefined;
  }
  if (id !== undefined) {
    const found = await daemon.domains.object(name, headClass, id);
    const text = JSON.stringify(found.value, null, VALUE_SPACES).split('\n').map(visible);
    output.say([...text, visible(found.watermark)], found);
    return undefined;
  }
  const limit = countOption(options, 'limit', LIMIT);
  const after = textOption(options, 'after') ?? '';
  const page = await objectsUpTo(context, [name, headClass], { after, limit });
  const rows = page.objects.map(({ id: each, value }) => [each, JSON.stringify(value)]);
  output.say(rows.length === 0 ? [`no ${visible(className)}`] : tabbed(rows), page);
  const last = page.objects.at(-1);
  if (last && page.objects.length >= limit) {
    output.note(`more: the same with --after '${visible(last.id)}'`);
  }
  return undefined;
};

/** As many as were asked for, however few the node gives at once. */
async function objectsUpTo(
  { daemon }: Context,
  [name, headClass]: readonly [string, string],
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<ObjectsPage> {
  const objects: ObjectsPage['objects'][number][] = [];
  for (let from = after; ; from = objects.at(-1)?.id ?? from) {
    const asked = Math.min(PAGE_MAX, Math.max(limit - objects.length, 1));
    const page = await daemon.domains.objects(name, headClass, { after: from, limit: asked });
    objects.push(...page.objects);
    if (page.objects.length < asked || objects.length >= limit) return { ...page, objects };
  }
}

/** `ioi domain export DOMAIN FILE`: its whole log, ready for `ioi verify`. */
export const domainExport: Command = async (context, [name = '', out = ''], options) => {
  const { domains } = context.daemon;
  const from = { export: () => domains.export(name) };
  // Asked for first: the export is then no shorter.
  const { witnessed } = await domains.status(name);
  return exportTo(context, { from, out, witnessed }, options);
};

/** A file that was not there before, unless asked to replace it. */
function saveNew(path: string, text: string, force: boolean): void {
  try {
    writeFileSync(path, text, { mode: 0o600, flag: force ? 'w' : 'wx' });
  } catch (fault) {
    const next = 'the same command with --force, or another file';
    throw usageFault(`${path} was not written: ${messageOf(fault)}`, next);
  }
}
