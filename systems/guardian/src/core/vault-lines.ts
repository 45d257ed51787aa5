import { type Digest, digestBytes } from '@ioi/canon';

/** One line of the vault's file: `CHECK PLACE JSON`. */
export type VaultLine = {
  /** `vault`, `slot/ID` or `item/NAME/VERSION`. */
  readonly place: string;
  readonly text: string;
  /** Of both; what the guardian's own store remembers of it. */
  readonly digest: Digest;
  /** Whether the line is what was once written, this time or an earlier one. */
  readonly isSound: boolean;
};

const CHECK_DIGITS = 16;
const ALGORITHM = 'sha256:'.length;

/** Damaged lines are read as far as they go: the digest tells which are good all the same. */
export function readVaultLines(file: string): VaultLine[] {
  const lines = file.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const check = line.slice(0, CHECK_DIGITS);
    const [place = '', ...rest] = line.slice(CHECK_DIGITS + 1).split(' ');
    const text = rest.join(' ');
    const digest = lineDigest(place, text);
    return { place, text, digest, isSound: check === checkOf(digest) };
  });
}

/** In the order of their places. The texts have no newline: they are JSON. */
export function formatVaultLines(records: ReadonlyMap<string, string>): string {
  const sorted = [...records].toSorted(([one], [other]) => (one < other ? -1 : 1));
  const lines = sorted.map(([place, text]) => {
    return `${checkOf(lineDigest(place, text))} ${place} ${text}\n`;
  });
  return lines.join('');
}

export function lineDigest(place: string, text: string): Digest {
  return digestBytes(`${place} ${text}`);
}

function checkOf(digest: Digest): string {
  return digest.slice(ALGORITHM, ALGORITHM + CHECK_DIGITS);
}
