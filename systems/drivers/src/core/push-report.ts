import { decodeUtf8 } from '@ioi/basis';
import type { NetworkReceipt } from '@ioi/protocol';

type Report = NonNullable<NetworkReceipt['push_report']>;

const MOST_REFS = 256;
const LONGEST_REF = 512;
const LONGEST_REASON = 256;
/** In the first byte of a line, where several streams share one (git's `side-band`). */
const OF_REPORT = 1;
const LAST_BAND = 3;

/**
 * What a repository says became of each ref of a push (git's `report-status`); undefined where it
 * says nothing that can be read.
 */
export function pushReportIn(answer: Uint8Array): Report | undefined {
  const lines = linesOf(answer);
  const hasBands = lines[0]?.[0] !== undefined && lines[0][0] <= LAST_BAND;
  const told = hasBands ? linesOf(joined(lines.filter(([band]) => band === OF_REPORT))) : lines;
  const texts = told.map((line) => decodeUtf8(line)?.trimEnd() ?? '');
  const [, unpack] = /^unpack (.+)$/.exec(texts[0] ?? '') ?? [];
  if (unpack === undefined) return undefined;
  const refs = texts.flatMap((text) => {
    const [, word, ref, reason] = /^(ok|ng) (\S+)(?: (.+))?$/.exec(text) ?? [];
    if (ref === undefined || ref.length > LONGEST_REF) return [];
    if (word === 'ok') return [{ ref, is_done: true }];
    return [{ ref, is_done: false, reason: shortened(reason ?? 'refused') }];
  });
  return { unpack: shortened(unpack), refs: refs.slice(0, MOST_REFS) };
}

/** Whether all of it was done. */
export function isAllDone({ unpack, refs }: Report): boolean {
  return unpack === 'ok' && refs.every(({ is_done: isDone }) => isDone);
}

/** Lines with their length before them; a flush ends none of what comes behind it. */
function linesOf(bytes: Uint8Array): readonly Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = Number.parseInt(decodeUtf8(bytes.subarray(at, at + 4)) ?? '', 16);
    if (!(length === 0 || (length >= 4 && at + length <= bytes.length))) break;
    if (length > 4) lines.push(bytes.subarray(at + 4, at + length));
    at += Math.max(length, 4);
  }
  return lines;
}

/** Of one stream, without the bytes that say which. */
function joined(lines: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(lines.reduce((sum, { length }) => sum + length - 1, 0));
  let at = 0;
  for (const line of lines) {
    whole.set(line.subarray(1), at);
    at += line.length - 1;
  }
  return whole;
}

function shortened(text: string): string {
  return text
    .replaceAll(/\p{Cc}/gu, ' ')
    .slice(0, LONGEST_REASON)
    .toWellFormed();
}
