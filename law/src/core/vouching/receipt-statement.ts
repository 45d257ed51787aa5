import { assert, decodeBase64, encodeUtf8 } from '@ioi/basis';
import { canonicalJson, digestBytes, digestOf, sha256 } from '@ioi/canon';
import {
  type Checkpoint,
  COSE_EDDSA,
  COSE_ML_DSA_44,
  type CoseAlgorithm,
  coseReceiptSignedBytes,
  dsseSignedBytes,
  type HybridPublicKey,
  type ReceiptHeader,
  spkiOf,
} from '@ioi/crypto';
import { leafHash } from '@ioi/merkle';
import type { LogEntry, ReceiptEnvelope, ReceiptPredicate } from '@ioi/protocol';

/** Payload type of an in-toto Statement in a DSSE envelope. */
export const IN_TOTO_TYPE = 'application/vnd.in-toto+json';

const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
const PREDICATE_TYPE = 'https://ioi.ai/receipt/v1';
const HEX_FROM = 'sha256:'.length;

/** A receipt, and where the log has it. */
export type ReceiptPlace = {
  readonly nodeId: string;
  readonly domainId: string;
  readonly checkpoint: Checkpoint;
  readonly entry: LogEntry;
  /** Canonical text of the entry. */
  readonly text: string;
  readonly receipt: ReceiptEnvelope;
};

/** The very bytes that are signed for verifiers of other formats. */
export type ReceiptSignings = {
  /** The in-toto Statement, canonical. */
  readonly statement: string;
  readonly dsse: Uint8Array;
  readonly headers: { readonly ed25519: ReceiptHeader; readonly mlDsa44: ReceiptHeader };
  readonly cose: { readonly ed25519: Uint8Array; readonly mlDsa44: Uint8Array };
};

/** What whoever holds this key signs for others of a receipt: made alike to sign and to check. */
export function receiptSignings(place: ReceiptPlace, key: HybridPublicKey): ReceiptSignings {
  const statement = textOf(statementOf(place));
  const root = decodeBase64(place.checkpoint.root);
  assert(root !== undefined, 'a checkpoint has its root in base64');
  const headerOf = (algorithm: CoseAlgorithm, half: Uint8Array): ReceiptHeader => ({
    algorithm,
    keyId: sha256(half),
    issuer: place.checkpoint.origin,
    subject: place.receipt.receipt_id,
    leaf: leafHash(encodeUtf8(place.text)),
  });
  const der = spkiOf(key);
  const headers = {
    ed25519: headerOf(COSE_EDDSA, der.ed25519),
    mlDsa44: headerOf(COSE_ML_DSA_44, der.mlDsa44),
  };
  return {
    statement,
    dsse: dsseSignedBytes(IN_TOTO_TYPE, encodeUtf8(statement)),
    headers,
    cose: {
      ed25519: coseReceiptSignedBytes(headers.ed25519, root),
      mlDsa44: coseReceiptSignedBytes(headers.mlDsa44, root),
    },
  };
}

function statementOf({ nodeId, domainId, checkpoint, entry, text, receipt }: ReceiptPlace) {
  const digest = digestOf(receipt);
  assert(digest.ok, 'what a canonical entry holds has a canonical form');
  const { origin, size, root } = checkpoint;
  const predicate: ReceiptPredicate = {
    node_id: nodeId,
    domain_id: domainId,
    seq: entry.seq,
    operation_id: entry.operation_id,
    operation: entry.operation,
    chain_time: entry.chain_time,
    leaf_sha256: digestBytes(text),
    checkpoint: { origin, size: String(size), root },
    receipt,
  };
  const subject = [{ name: receipt.receipt_id, digest: { sha256: digest.value.slice(HEX_FROM) } }];
  return { _type: STATEMENT_TYPE, subject, predicateType: PREDICATE_TYPE, predicate };
}

function textOf(value: object): string {
  const text = canonicalJson(value);
  assert(text.ok, 'a statement has a canonical form');
  return text.value;
}
