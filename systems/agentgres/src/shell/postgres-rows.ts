import { hash } from 'node:crypto';
import { encodeUtf8 } from '@ioi/basis';
import { type HeadText, headName } from '@ioi/law';
import type { HeadKey } from '@ioi/protocol';
import { binaryArray } from '../core/binary-array.ts';
import type { StoredEntry } from '../core/index.ts';
import type { Row } from './postgres-connection.ts';

export function texts(all: readonly string[]): Uint8Array {
  return binaryArray(all.map(encodeUtf8));
}

export function nameOf(key: HeadKey): Uint8Array {
  return hash('sha256', headName(key), 'buffer');
}

export function textIn(row: Row, column: string): string {
  return (row[column] as Buffer).toString('utf8');
}

export function seqIn(row: Row): bigint {
  return BigInt(row['seq'] as string);
}

export function entryIn(row: Row): StoredEntry {
  return { seq: seqIn(row), text: textIn(row, 'text') };
}

export function headIn(row: Row): HeadText {
  return {
    headClass: textIn(row, 'head_class'),
    id: textIn(row, 'id'),
    value: textIn(row, 'value'),
    seq: Number(row['seq']),
  };
}
