import { ok, type Result } from '@ioi/basis';
import type { ExportHeader } from '@ioi/law';
import type { LogEntry } from '@ioi/protocol';
import type { Finding } from './codes.ts';
import { Expectation, readRemembered } from './expectation.ts';
import { LogCheck } from './log-check.ts';
import type { PayloadShelf } from './payload-shelf.ts';
import { establishTrust, type TrustOptions } from './trust.ts';
import { noteIn, verifyWitnessed, type WitnessDemand, type Witnessed } from './witnessed.ts';

export type VerifyOptions = TrustOptions & {
  /** A remembered checkpoint: signed note, or its three lines. The log must continue it. */
  readonly expect?: string;
  /** A checkpoint that witnesses cosigned; the log must continue it. */
  readonly witnessed?: WitnessedCheckpoint;
};

export type WitnessedCheckpoint = {
  /** A signed note, or a tlog-proof that carries one. */
  readonly text: string;
  readonly demand: WitnessDemand;
};

/** What genesis and header establish together, and what the log is held against from there. */
export type Established = {
  /** Root that the guardian signed, base64. */
  readonly root: string;
  readonly expectations: readonly Expectation[];
  readonly witnessed: Witnessed | undefined;
  readonly log: LogCheck;
};

/** Whose log begins with this entry, and what it has to continue. */
export function establish(
  genesis: LogEntry,
  about: { readonly header: ExportHeader; readonly payloads: PayloadShelf },
  options: VerifyOptions,
): Result<Established, Finding> {
  const { expect, witnessed } = options;
  const trust = establishTrust(about.header, genesis, options);
  if (!trust.ok) return trust;
  const cosigned = witnessed && verifyWitnessed(witnessed.text, witnessed.demand);
  if (cosigned?.ok === false) return cosigned;
  const expectations: Expectation[] = [];
  for (const text of [expect, witnessed && noteIn(witnessed.text)]) {
    if (text === undefined) continue;
    const expected = readRemembered(text, trust.value.genesis.origin);
    if (!expected.ok) return expected;
    expectations.push(new Expectation(expected.value));
  }
  const log = new LogCheck(
    trust.value,
    about.payloads,
    expectations.map(({ size }) => size),
  );
  const { root } = trust.value.checkpoint;
  return ok({ root, expectations, witnessed: cosigned?.value, log });
}
