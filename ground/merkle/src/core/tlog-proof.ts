import { decodeBase64, encodeBase64, err, ok, type Result } from '@ioi/basis';
import type { MerkleError } from './codes.ts';
import { verifyInclusion } from './log-verify.ts';
import { formatHashes, parseCount, parseHashes, splitAtEmptyLine } from './proof-lines.ts';

/** C2SP tlog-proof: all that is needed to check offline that an entry was logged. */
export type TlogProof = {
  /** Opaque, and vouched for by nobody. */
  readonly extra?: Uint8Array;
  readonly index: number;
  readonly path: readonly Uint8Array[];
  /** The signed note, verbatim. */
  readonly checkpoint: string;
};

/** What a signed note says of the log, once its signatures were checked. */
export type LogHead = { readonly size: number; readonly root: Uint8Array };

const FIRST_LINE = 'c2sp.org/tlog-proof@v1';
const EXTRA = 'extra ';
const INDEX = 'index ';

export function formatTlogProof({ extra, index, path, checkpoint }: TlogProof): string {
  const extraLine = extra === undefined ? '' : `${EXTRA}${encodeBase64(extra)}\n`;
  return `${FIRST_LINE}\n${extraLine}${INDEX}${index}\n${formatHashes(path)}\n${checkpoint}`;
}

/** Takes only what `formatTlogProof` gives; the checkpoint is not looked into. */
export function parseTlogProof(text: string): Result<TlogProof, MerkleError> {
  const parts = splitAtEmptyLine(text);
  const [first, ...lines] = parts?.lines ?? [];
  if (parts === undefined || first !== FIRST_LINE) return malformed('this is no tlog-proof');
  const hasExtra = lines[0]?.startsWith(EXTRA) === true;
  const extra = hasExtra ? decodeBase64(lines.shift()?.slice(EXTRA.length) ?? '') : undefined;
  if (hasExtra && (extra === undefined || extra.length === 0)) {
    return malformed('the extra data is not base64 of something');
  }
  const indexLine = lines.shift() ?? '';
  const index = parseCount(indexLine.slice(INDEX.length));
  if (!indexLine.startsWith(INDEX) || index === undefined) return malformed('there is no index');
  const path = parseHashes(lines);
  if (path === undefined) return malformed('the path is not a hash per line');
  return ok({ ...(extra && { extra }), index, path, checkpoint: parts.rest });
}

/**
 * That the log holds this leaf, by a head that `open` makes out of the checkpoint: it checks the
 * origin, the log's signature and as many witnesses as the verifier wants.
 */
export function verifyTlogProof<E>(
  proof: TlogProof,
  leafHash: Uint8Array,
  open: (checkpoint: string) => Result<LogHead, E>,
): Result<LogHead, E | MerkleError> {
  const head = open(proof.checkpoint);
  if (!head.ok) return head;
  const { index, path } = proof;
  const included = verifyInclusion({ ...head.value, leafHash, index, proof: path });
  return included.ok ? head : included;
}

function malformed(message: string): Result<never, MerkleError> {
  return err({ code: 'merkle.bad_encoding', message });
}
