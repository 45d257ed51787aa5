import { decodeUtf8, err, ok, type Result } from '@ioi/basis';
import type { Rejection } from '@ioi/protocol';
import type { PackedFile } from '../packages/tar.ts';
import { visible } from '../shown/visible.ts';

export const SKILL_FILE = 'SKILL.md';
const NAME = /^[a-z][a-z0-9-]{0,63}$/;
const MOST_DESCRIPTION = 1024;
/** Of one text, in bytes: a model reads it whole. */
const MOST_TEXT = 256 * 1024;
/**
 * Joins letters of some scripts and pictures: as ordinary in writing as it is unseen. One behind
 * such a letter, or two of a picture; a row of them, or between letters of ASCII, says something.
 */
const JOINER = /(?<=\P{ASCII})(?<!\u200c|\u200d|\ufe0f)(?:\ufe0f?\u200d|\ufe0f|\u200c)/gu;
/** On a digit it makes a key of it. */
const KEYCAP = /(?<=[0-9#*])\ufe0f(?=\u20e3)/gu;

export type Skill = {
  readonly name: string;
  readonly description: string;
  /** What follows its first lines. */
  readonly words: string;
};

/**
 * A folder of an agent's skill: `SKILL.md` with `name` and `description` between two lines of
 * dashes, then words, and further texts beside it. Whatever else those first lines say, such as
 * which tools an agent may use, is not looked at: a skill gives no authority.
 */
export function skillIn(files: readonly PackedFile[]): Result<Skill, Rejection> {
  for (const { path, bytes } of files) {
    const text = decodeUtf8(bytes);
    if (text === undefined) return refuse('skill.not_text', `${path} is no text in UTF-8`);
    if (bytes.length > MOST_TEXT) {
      return refuse('skill.too_long', `${path} has ${bytes.length} bytes, and may ${MOST_TEXT}`);
    }
    const hidden = textFault(path, text);
    if (hidden !== undefined) return err(hidden);
  }
  const file = files.find(({ path }) => path === SKILL_FILE);
  if (file === undefined) return refuse('skill.no_words', `there is no ${SKILL_FILE}`);
  const text = decodeUtf8(file.bytes) ?? '';
  const [, head, words = ''] = /^---\r?\n([\s\S]*?)\r?\n---(?:\r?\n([\s\S]*))?$/.exec(text) ?? [];
  if (head === undefined) {
    return refuse('skill.no_head', `${SKILL_FILE} begins with name and description between ---`);
  }
  const lines = head.split(/\r?\n/);
  const [name, description] = [memberOf(lines, 'name'), memberOf(lines, 'description')];
  if (name === undefined || !NAME.test(name)) {
    return refuse('skill.bad_name', 'name: lower case letters, digits and -, at most 64');
  }
  if (description === undefined || description === '' || description.length > MOST_DESCRIPTION) {
    return refuse('skill.bad_description', `description: 1 to ${MOST_DESCRIPTION} characters`);
  }
  return ok({ name, description, words: words.trim() });
}

/** Of YAML what such files have: a plain or quoted line, or one that goes on indented. */
function memberOf(lines: readonly string[], name: string): string | undefined {
  const at = lines.findIndex((line) => line.startsWith(`${name}:`));
  if (at === -1) return undefined;
  const first = (lines[at] ?? '').slice(name.length + 1).trim();
  const rest = lines.slice(at + 1);
  const end = rest.findIndex((line) => !/^\s/.test(line));
  const more = (end === -1 ? rest : rest.slice(0, end)).map((line) => line.trim());
  const isBlock = /^[>|][+-]?$/.test(first);
  const value = [...(isBlock ? [] : [first]), ...more].join(' ').trim();
  const isQuoted = /^(["']).*\1$/s.test(value) && value.length > 1;
  return isQuoted ? value.slice(1, -1) : value;
}

/** Text in which a person does not see what a model would read, by where it is. */
export function textFault(place: string, text: string): Rejection | undefined {
  const lines = text.replaceAll(JOINER, '').replaceAll(KEYCAP, '').split(/\r?\n/);
  const isSeen = (line: string): boolean => {
    const plain = line.replaceAll('\t', ' ').replaceAll('\\', '/');
    return visible(plain) === plain;
  };
  const at = lines.findIndex((line) => !isSeen(line));
  if (at === -1) return undefined;
  const message = `${place}: line ${at + 1} has letters that nobody sees, or that turn the order`;
  return { code: 'package.hidden_text', message };
}

function refuse(code: string, message: string): Result<never, Rejection> {
  return err({ code, message });
}
