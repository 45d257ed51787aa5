import { renameSync, writeFileSync } from 'node:fs';
import type { PrincipalKey } from '@ioi/protocol';
import { messageOf, usageFault } from '../shell/fault.ts';
import { readJson } from '../shell/governance.ts';
import { publicKeyIn } from '../shell/principal-key.ts';
import { type GroupFile, groupKeyOf } from './founding.ts';
import type { SigningFile } from './signing.ts';

const NEXT = 'ioi wallet threshold create, or ioi wallet threshold sign';

export type RoundFile = GroupFile | SigningFile;

export function isGroup(file: RoundFile): file is GroupFile {
  return file.format === 'ioi-threshold-group/1';
}

/** What goes round, by its format. */
export function readRound(path: string): RoundFile {
  const file = readJson(path) as Partial<RoundFile> | null;
  if (file?.format === 'ioi-threshold-group/1' || file?.format === 'ioi-threshold-signing/1') {
    if (Array.isArray(file.members) && file.members.length <= 64) return file as RoundFile;
  }
  throw usageFault(`${path} is no file that goes round`, NEXT);
}

export function readGroup(path: string): GroupFile {
  const file = readRound(path);
  if (isGroup(file)) return file;
  throw usageFault(`${path} is no group`, NEXT);
}

/** Of a key file, or of a group that is founded. */
export function principalKeyIn(path: string): PrincipalKey {
  const given = readJson(path) as { readonly format?: unknown } | null;
  if (given?.format !== 'ioi-threshold-group/1') return publicKeyIn(path);
  const key = groupKeyOf(readGroup(path));
  if (key === undefined) {
    throw usageFault('the group is not founded yet', `ioi wallet threshold status ${path}`);
  }
  return { ...key, ml_dsa_44: [...key.ml_dsa_44] };
}

/** In the place of what was there: whole, or not at all. */
export function replaceRound(path: string, file: RoundFile): void {
  try {
    writeFileSync(`${path}.part`, textOf(file), { flush: true });
    renameSync(`${path}.part`, path);
  } catch (fault) {
    throw usageFault(`${path} was not written: ${messageOf(fault)}`);
  }
}

export function writeRound(path: string, file: object): void {
  try {
    writeFileSync(path, textOf(file), { flag: 'wx' });
  } catch (fault) {
    throw usageFault(`${path} was not written: ${messageOf(fault)}`);
  }
}

function textOf(file: object): string {
  return `${JSON.stringify(file, undefined, 1)}\n`;
}
