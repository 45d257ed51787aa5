import { encodeBase64 } from '@ioi/basis';
import { type ExportHeader, type ExportPart, parseEntry, readExport } from '@ioi/law';
import { Frontier, leafHash } from '@ioi/merkle';
import { byPrecedence, type Finding } from './codes.ts';
import { type Established, establish, type VerifyOptions } from './establish.ts';
import { PayloadShelf } from './payload-shelf.ts';
import type { Summary } from './tally.ts';
import type { Witnessed } from './witnessed.ts';

/** A summary of what was verified whole; otherwise findings, the most fundamental first. */
export type VerificationReport =
  | {
      readonly ok: true;
      readonly findings: readonly [];
      readonly summary: Summary;
      /** How far witnesses saw this very log, where that was asked. */
      readonly witnessed?: Witnessed;
    }
  | { readonly ok: false; readonly findings: readonly [Finding, ...Finding[]] };

/**
 * Verifies an export (whitepaper D.1), given as chunks of its bytes however they fall. Needs
 * nothing but the file: whose log it is follows from its own keys, which `nodeId` or `expect`
 * tie to a node one knows. Reads once; holds one line, the state and a few commits. Never throws,
 * whatever the bytes are.
 */
export function verify(
  chunks: Iterable<Uint8Array>,
  options: VerifyOptions = {},
): VerificationReport {
  const verification = new Verification(options);
  for (const part of readExport(chunks)) {
    verification.take(part);
    if (verification.isOver) break;
  }
  return verification.report();
}

class Verification {
  readonly #options: VerifyOptions;
  readonly #payloads = new PayloadShelf();
  readonly #findings: Finding[] = [];
  #header: ExportHeader | undefined;
  #established: Established | undefined;
  #frontier = Frontier.empty;
  #isUnreadable = false;

  constructor(options: VerifyOptions) {
    this.#options = options;
  }

  /** Nothing that follows could be learnt from. */
  get isOver(): boolean {
    return this.#isUnreadable || (this.#findings.length > 0 && !this.#established);
  }

  take(part: ExportPart): void {
    switch (part.kind) {
      case 'header':
        this.#header = part.value;
        break;
      case 'payload':
        this.#payloads.hold(part.value);
        break;
      case 'entry':
        this.#takeEntry(part.value, part.line);
        break;
      case 'refused':
        this.#note({ ...part.value, line: part.line });
        this.#isUnreadable = true;
    }
  }

  report(): VerificationReport {
    const established = this.#established;
    if (!this.isOver) this.#finish(established);
    const [first, ...rest] = byPrecedence(this.#findings);
    if (first) return { ok: false, findings: [first, ...rest] };
    if (!established) return { ok: false, findings: [EMPTY] };
    const { log, witnessed } = established;
    const summary = log.summary(this.#header?.note ?? '');
    return { ok: true, findings: [], summary, ...(witnessed ? { witnessed } : {}) };
  }

  /** After a finding entries are only hashed: that still tells whether the guardian signed them. */
  #takeEntry(bytes: Uint8Array, line: number): void {
    const place = { line, seq: String(this.#frontier.size) };
    this.#frontier = this.#frontier.append(leafHash(bytes));
    if (this.#findings.length === 0) this.#note(this.#readEntry(bytes, place));
    for (const expectation of this.#established?.expectations ?? []) {
      const fork = expectation.brokenAt(this.#frontier);
      if (fork) this.#note({ ...fork, ...place });
    }
  }

  #readEntry(bytes: Uint8Array, place: { line: number; seq: string }): Finding | undefined {
    const parsed = parseEntry(bytes);
    if (!parsed.ok) return { code: 'log.entry_invalid', message: parsed.error.message, ...place };
    if (!this.#established) {
      const about = { header: this.#header as ExportHeader, payloads: this.#payloads };
      const established = establish(parsed.value.entry, about, this.#options);
      if (!established.ok) return inEntry(established.error, place.line);
      this.#established = established.value;
    }
    return this.#established.log.take({ ...parsed.value, line: place.line });
  }

  #finish(established: Established | undefined): void {
    if (!established) return;
    const { root, expectations, log } = established;
    const meaning = this.#findings.length === 0 ? log.finish() : undefined;
    if (encodeBase64(this.#frontier.root()) !== root) this.#note(OTHER_ROOT);
    for (const each of expectations) this.#note(each.unmetBy(this.#frontier.size));
    this.#note(meaning);
  }

  #note(finding: Finding | undefined): void {
    if (finding) this.#findings.push(finding);
  }
}

/** What is wrong with the header, or with what was remembered, is on no entry's line. */
function inEntry(finding: Finding, line: number): Finding {
  return finding.seq === undefined ? finding : { line, ...finding };
}

const EMPTY: Finding = { code: 'genesis.missing', message: 'the log has no entries' };

const OTHER_ROOT: Finding = {
  code: 'log.root_mismatch',
  message: 'the entries have another root than the one that was signed',
  line: 1,
};
