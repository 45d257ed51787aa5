import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { err, ok, type Result } from '@ioi/basis';
import { type Digest, digestBytes } from '@ioi/canon';
import { challengeOf, verifyAssertion } from '@ioi/law';
import type { FactorEnrolled } from '@ioi/protocol';
import type { PagePlace, Refusal, Registration } from '../core/index.ts';
import { type Enrolled, enrol, factorMade } from './enrolment.ts';
import { assertionOf, type GivenAssertion } from './given-assertion.ts';
import type { MatchCodes } from './match-codes.ts';
import type { Opened, PageSession, PageSessions } from './page-sessions.ts';
import type { StatementDesk } from './statement-desk.ts';
import type { TokenDesk } from './token-desk.ts';

export type DeviceDeskOptions = {
  readonly sessions: PageSessions;
  readonly statements: StatementDesk;
  readonly tokens: TokenDesk;
  readonly matches: MatchCodes;
  /** Milliseconds that only rise. */
  readonly now: () => number;
};

/** What a device signs to come in; it says when and where it was asked, under our own key. */
export type EntryTicket = { readonly nonce: string; readonly at: number; readonly mac: string };

const ENTRY_MS = 2 * 60_000;
const MADE_MS = 10 * 60_000;
const MOST_MADE = 8;
const MOST_USED = 1024;

type Made = { readonly factor: FactorEnrolled; readonly session: PageSession; readonly at: number };

/**
 * Devices beside this machine: how one is invited and enrolled, and how it comes in again. The
 * passphrase is never asked for there: the owner confirms a new device at the node, by the code
 * that the device shows.
 */
export class DeviceDesk {
  readonly #options: DeviceDeskOptions;
  readonly #secret = randomBytes(32);
  /** Passkeys that wait for the owner, by the code their device shows. */
  readonly #made = new Map<string, Made>();
  /** Tickets that let somebody in, until they are too old anyway. */
  readonly #used = new Map<string, number>();
  #place: PagePlace | undefined;

  constructor(options: DeviceDeskOptions) {
    this.#options = options;
  }

  get place(): PagePlace | undefined {
    return this.#place;
  }

  open(place: PagePlace): void {
    this.close();
    this.#place = place;
  }

  close(): void {
    this.#place = undefined;
    this.#made.clear();
    this.#options.sessions.endDevices();
  }

  /** A link for one device, once and soon. */
  invite(label: string, actsAs: readonly string[]): Result<{ url: string }, Refusal> {
    if (this.#place === undefined) {
      return refuse('listener.closed', 'other devices reach nothing: ioi approver listen --name …');
    }
    const secret = this.#options.sessions.invite(label, actsAs);
    return ok({ url: `${this.#place.origin}/#launch=${secret}` });
  }

  /** Keeps the passkey a device made until its owner says the code the device shows. */
  register(session: PageSession, registration: Registration): Result<{ code: string }, Refusal> {
    const { invite } = session;
    if (invite === undefined)
      return refuse('page.not_asked', 'a device enrols by a link of its own');
    if (invite.code !== undefined) return refuse('page.not_asked', 'this link made its passkey');
    const factor = factorMade(session, registration);
    if (!factor.ok) return factor;
    this.#forgetOld();
    const code = this.#options.matches.enrolment(session, factor.value.factor_id);
    if (this.#made.has(code) || this.#made.size >= MOST_MADE) {
      return refuse('device.too_many', 'too many devices wait to be confirmed; try again later');
    }
    invite.code = code;
    this.#made.set(code, { factor: factor.value, session, at: this.#options.now() });
    return ok({ code });
  }

  /** The owner, at the node, signs for the device that shows this code. */
  async confirm(code: string, passphrase: string): Promise<Result<Enrolled, Refusal>> {
    this.#forgetOld();
    const made = this.#made.get(code);
    if (made === undefined) {
      return refuse('device.no_such_code', 'no device shows this code; look at it again');
    }
    const enrolled = await enrol(this.#options.statements, made.factor, passphrase);
    if (!enrolled.ok) return enrolled;
    this.#made.delete(code);
    if (made.session.invite) made.session.invite.isConfirmed = true;
    return enrolled;
  }

  /** What a passkey of an enrolled device signs to come in. Nothing is kept for it. */
  entering(): Result<object, Refusal> {
    if (this.#place === undefined) return closed();
    const nonce = randomBytes(16).toString('base64url');
    const at = this.#options.now();
    const mac = this.#mac(nonce, at);
    const ticket: EntryTicket = { nonce, at, mac };
    const challenge = challengeOf(digestOfTicket(ticket));
    return ok({ ticket, challenge, rp_id: this.#place.rpId, allow: [] });
  }

  enter(ticket: EntryTicket, given: GivenAssertion): Result<Opened, Refusal> {
    const place = this.#place;
    if (place === undefined) return closed();
    if (!this.#isOurs(ticket)) return refuse('page.not_asked', 'ask to sign in first');
    const factors = this.#factorsHere(place);
    const assertion = assertionOf(given, factors);
    if (!assertion.ok) return assertion;
    const factor = factors.find(({ factor_id }) => factor_id === assertion.value.key_id);
    if (factor === undefined) return refuse('factor.unknown', 'this passkey approves nothing here');
    const held = verifyAssertion(assertion.value, factor, digestOfTicket(ticket));
    if (!held.ok) return refuse('approval.invalid', `the passkey does not hold: ${held.error}`);
    const { tokens, sessions } = this.#options;
    const algorithms = [factor.public_key.algorithm];
    const signer = { id: factor.factor_id, means: 'passkey', algorithms, factor } as const;
    const late = tokens.countUp(signer, assertion.value);
    if (late !== undefined) return err(late);
    this.#used.set(ticket.mac, ticket.at);
    return ok(sessions.enter(place, factor.factor_id));
  }

  /** Whose factor signed in here still approves; a revoked one looks at nothing any more. */
  mayStay({ enteredBy, place }: PageSession): boolean {
    return this.#factorsHere(place).some(({ factor_id }) => factor_id === enteredBy);
  }

  /** What a device has to be told before it may approve this. */
  codes(requestHash: string): { readonly label: string; readonly code: string }[] {
    const { sessions, matches, tokens } = this.#options;
    const factors = tokens.approvers()?.factors ?? [];
    return sessions.entered().flatMap((session) => {
      const factor = factors.find(({ factor_id }) => factor_id === session.enteredBy);
      return factor ? [{ label: factor.label, code: matches.code(session, requestHash) }] : [];
    });
  }

  #factorsHere({ origin }: PagePlace): FactorEnrolled[] {
    const factors = this.#options.tokens.approvers()?.factors ?? [];
    return factors.filter((each) => each.origin === origin);
  }

  #isOurs({ nonce, at, mac }: EntryTicket): boolean {
    const now = this.#options.now();
    if (!Number.isSafeInteger(at) || at > now || now - at > ENTRY_MS) return false;
    const [given, own] = [Buffer.from(mac), Buffer.from(this.#mac(nonce, at))];
    if (given.length !== own.length || !timingSafeEqual(given, own)) return false;
    for (const [used, usedAt] of this.#used) {
      if (now - usedAt > ENTRY_MS) this.#used.delete(used);
    }
    return !this.#used.has(mac) && this.#used.size < MOST_USED;
  }

  #mac(nonce: string, at: number): string {
    const about = `ioi-entry/1 ${this.#place?.origin} ${nonce} ${at}`;
    return createHmac('sha256', this.#secret).update(about).digest('base64url');
  }

  #forgetOld(): void {
    for (const [code, { at }] of this.#made) {
      if (this.#options.now() - at > MADE_MS) this.#made.delete(code);
    }
  }
}

function digestOfTicket({ mac }: EntryTicket): Digest {
  return digestBytes(Buffer.from(`ioi-entry/1 ${mac}`, 'utf8'));
}

function closed(): Result<never, Refusal> {
  return refuse('listener.closed', 'the listener is closed');
}

function refuse(code: string, message: string): Result<never, Refusal> {
  return err({ code, message });
}
