import { keyId } from '@ioi/crypto';
import { visible } from '../../core/visible.ts';
import {
  type Command,
  type Context,
  countOption,
  type Options,
  textOption,
} from '../../shell/context.ts';
import { usageFault } from '../../shell/fault.ts';
import { readJson } from '../../shell/governance.ts';
import { openKey, publicKeyIn } from '../../shell/principal-key.ts';
import {
  isGroup,
  type RoundFile,
  readGroup,
  readRound,
  replaceRound,
  writeRound,
} from '../../threshold/files.ts';
import { foundOn, groupKeyOf, newGroup } from '../../threshold/founding.ts';
import { ShareStore } from '../../threshold/share-store.ts';
import { newSigning, type SigningFile, signOn } from '../../threshold/signing.ts';

const MOST_MEMBERS = 16;

/** `ioi wallet threshold create KEYFILE... --threshold M --out FILE`: of public halves alone. */
export const thresholdCreate: Command = async ({ output }, paths, options) => {
  const threshold = countOption(options, 'threshold', 2);
  const members = paths.map(publicKeyIn);
  const isDistinct = new Set(members.map(keyId)).size === members.length;
  if (threshold < 2 || threshold > members.length || members.length > MOST_MEMBERS || !isDistinct) {
    throw usageFault(`2 to ${MOST_MEMBERS} different keys, and --threshold from 2 to as many`);
  }
  const out = outOf(options);
  writeRound(out, newGroup(threshold, members));
  const lines = members.map((each, place) => `member ${place + 1}  ${keyId(each)}`);
  lines.push(
    `next, each of them in turn, three times: ioi wallet threshold round ${out} --key FILE`,
  );
  output.say(lines, { out, threshold, members: members.map(keyId) });
  return undefined;
};

/** `ioi wallet threshold join|round FILE --key KEYFILE`: adds what this member can add now. */
export const thresholdRound: Command = async (context, [path = ''], options) => {
  const file = readRound(path);
  for (const line of shownLines(file)) context.output.note(line);
  const keyFile = textOption(options, 'key') ?? '';
  const key = await openKey(context, keyFile, options);
  const store = new ShareStore(keyFile, key);
  try {
    const [next, did] = isGroup(file) ? foundOn(file, key, store) : signOn(file, key, store);
    if (next !== file) replaceRound(path, next);
    const lines = [`${visible(path)}: this member ${did}`, ...stateLines(next)];
    context.output.say(lines, { did, changed: next !== file, ...stateOf(next) });
  } finally {
    store.close();
  }
  return undefined;
};

/** `ioi wallet threshold sign GROUP DOCUMENT --out FILE`: a signing that goes round. */
export const thresholdSign: Command = async (context, [group = '', document = ''], options) => {
  const given = readJson(document);
  if (typeof given !== 'object' || given === null) throw usageFault('the document is JSON, {…}');
  beginSigning(context, group, { domain: 'SIG_DOMAIN_MANIFEST', document: given }, options);
  return undefined;
};

/** Writes a signing of a group that was founded. */
export function beginSigning(
  { output }: Context,
  group: string,
  about: Pick<SigningFile, 'domain' | 'document'> & { readonly attached?: object },
  options: Options,
): void {
  const signing = newSigning(readGroup(group), about);
  if (signing === undefined) {
    throw usageFault('the group is not founded yet', `ioi wallet threshold status ${group}`);
  }
  const out = outOf(options);
  writeRound(out, signing);
  const { threshold } = signing.public_key;
  const next = `ioi wallet threshold round ${out} --key FILE`;
  output.say([`next, ${threshold} of the members in turn, twice: ${next}`], { out, threshold });
}

/** `ioi wallet threshold status FILE` */
export const thresholdStatus: Command = async ({ output }, [path = '']) => {
  const file = readRound(path);
  output.say([...shownLines(file), ...stateLines(file)], stateOf(file));
  return undefined;
};

/** `ioi wallet threshold finish FILE --out FILE`: what was signed, with its signature. */
export const thresholdFinish: Command = async ({ output }, [path = ''], options) => {
  const file = readRound(path);
  if (isGroup(file)) throw usageFault(`${path} is a group, no signing`);
  const { signature, document, attached } = file;
  if (signature === undefined) {
    throw usageFault('it is not signed yet', `ioi wallet threshold status ${path}`);
  }
  const out = outOf(options);
  const signed = { ...document, signature };
  const name = file.domain === 'SIG_DOMAIN_APPROVAL' ? 'approval' : 'bundle';
  writeRound(out, attached === undefined ? signed : { ...attached, [name]: signed });
  output.say([`signed: ${visible(out)}`], { out, key_id: signature.key_id });
  return undefined;
};

function outOf(options: Options): string {
  const out = textOption(options, 'out');
  if (out === undefined) throw usageFault('say where to write it: --out FILE');
  return out;
}

/** What a member agrees to by going on; shown before its passphrase is asked for. */
function shownLines(file: RoundFile): string[] {
  if (isGroup(file)) {
    const members = file.members.map((each, place) => `  member ${place + 1}  ${keyId(each)}`);
    return [`a group: ${file.threshold} of ${file.members.length} sign`, ...members];
  }
  const { domain, document, attached } = file;
  const lines = (shown: object): string[] =>
    JSON.stringify(shown, undefined, 2)
      .split('\n')
      .map((line) => `  ${visible(line)}`);
  const rules = attached === undefined ? [] : ['which names this:', ...lines(attached)];
  return [`to sign, under ${domain}:`, ...lines(document), ...rules];
}

function stateOf(file: RoundFile): Record<string, unknown> {
  if (isGroup(file)) {
    const public_key = groupKeyOf(file);
    const [joined, given, confirmed] = [file.joined, file.given, file.confirmed].map(membersIn);
    const founded = public_key === undefined ? {} : { public_key, key_id: keyId(public_key) };
    return { kind: 'group', joined, given, confirmed, ...founded };
  }
  const { signature, commitments, shares } = file;
  const signed = signature !== undefined;
  const about = { committed: membersIn(commitments), shared: membersIn(shares), signed };
  return { kind: 'signing', threshold: file.public_key.threshold, ...about };
}

function stateLines(file: RoundFile): string[] {
  return Object.entries(stateOf(file)).flatMap(([name, value]) => {
    if (Array.isArray(value)) return [`${name}: ${value.join(', ') || 'nobody'}`];
    return typeof value === 'object' || name === 'kind' ? [] : [`${name}: ${String(value)}`];
  });
}

function membersIn(by: Readonly<Record<string, unknown>>): number[] {
  return Object.keys(by).map(Number);
}
