/** What a release in one file knows of the archive behind its end. */
export type Carried = {
  readonly version: string;
  readonly bytes: number;
  /** Of the archive, in hex. */
  readonly sha256: string;
  /** Where in the archive's folder Node belongs: it is this file, and not in the archive. */
  readonly node: string;
};

/** The name under which it stands in the file. */
export const CARRIED = 'carried.json';

/**
 * Node has a switch in itself that says whether it carries a program. Put together here, since the
 * text must stand in the file once.
 */
const SWITCH = ['NODE_SEA_FUSE', 'fce680ab2cc467b6e072b8b5df1996b2:'].join('_');
const ON = '1'.charCodeAt(0);
const OFF = '0'.charCodeAt(0);

/** Node as it was before a program was put into it: it starts what it is given. In place. */
export function plainNode(bytes: Buffer): Buffer {
  const at = bytes.indexOf(SWITCH);
  const value = at + SWITCH.length;
  if (at === -1 || bytes.indexOf(SWITCH, value) !== -1 || bytes[value] !== ON) {
    throw new Error('the Node in it is not the one it was made with');
  }
  bytes[value] = OFF;
  return bytes;
}
