import { encodeBase64, ok, type Result } from '@ioi/basis';
import { type ExportHeader, type ExportPart, parseEntry, readExport } from '@ioi/law';
import { Frontier, leafHash } from '@ioi/merkle';
import type { LogEntry } from '@ioi/protocol';
import { byPrecedence, type Finding } from './codes.ts';
import { Expectation, readRemembered } from './expectation.ts';
import { LogCheck } from './log-check.ts';
import { PayloadShelf } from './payload-shelf.ts';
import type { Summary } from './tally.ts';
import { establishTrust, type TrustOptions } from './trust.ts';

export type VerifyOptions = TrustOptions & {
  /** A remembered checkpoint: signed note, or its three lines. The log must continue it. */
  readonly expect?: string;
};

/** A summary of what was verified whole; otherwise findings, the most fundamental first. */
export type VerificationReport =
  | { readonly ok: true; readonly findings: readonly []; readonly summary: Summary }
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

/** What genesis and header establish together, and what the log is held against from there. */
type Established = {
  /** Root that the guardian signed, base64. */
  readonly root: string;
  readonly expectation: Expectation | undefined;
  readonly log: LogCheck;
};

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
    return { ok: true, findings: [], summary: established.log.summary(this.#header?.note ?? '') };
  }

  /** After a finding entries are only hashed: that still tells whether the guardian signed them. */
  #takeEntry(bytes: Uint8Array, line: number): void {
    const before = this.#frontier;
    this.#frontier = before.append(leafHash(bytes));
    if (this.#findings.length === 0) this.#note(this.#readEntry(bytes, line, before));
    this.#established?.expectation?.take(this.#frontier, line);
  }

  #readEntry(bytes: Uint8Array, line: number, before: Frontier): Finding | undefined {
    const place = { line, seq: String(before.size) };
    const parsed = parseEntry(bytes);
    if (!parsed.ok) return { code: 'log.entry_invalid', message: parsed.error.message, ...place };
    if (!this.#established) {
      const established = this.#establish(parsed.value.entry);
      if (!established.ok) return inEntry(established.error, line);
      this.#established = established.value;
    }
    return this.#established.log.take({ ...parsed.value, line, before });
  }

  #establish(genesis: LogEntry): Result<Established, Finding> {
    const { expect } = this.#options;
    const trust = establishTrust(this.#header as ExportHeader, genesis, this.#options);
    if (!trust.ok) return trust;
    const { origin } = trust.value.genesis;
    const expected = expect === undefined ? undefined : readRemembered(expect, origin);
    if (expected?.ok === false) return expected;
    const expectation = expected && new Expectation(expected.value);
    const log = new LogCheck(trust.value, this.#payloads);
    return ok({ root: trust.value.checkpoint.root, expectation, log });
  }

  #finish(established: Established | undefined): void {
    if (!established) return;
    const { root, expectation, log } = established;
    if (this.#findings.length === 0) this.#note(log.finish(this.#header?.note ?? ''));
    const epochs = this.#findings.length === 0 ? log.epochs : undefined;
    if (encodeBase64(this.#frontier.root()) !== root) this.#note(OTHER_ROOT);
    this.#note(expectation?.unmetBy(this.#frontier.size, epochs));
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
