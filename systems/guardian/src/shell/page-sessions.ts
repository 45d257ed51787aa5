import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { err, ok, type Result } from '@ioi/basis';
import type { HybridKey } from '@ioi/crypto/shell';
import type { ApproverSession } from '@ioi/protocol';
import type { PagePlace, Refusal, TokenDraft } from '../core/index.ts';
import type { PolicyDraft } from './draft-desk.ts';
import type { Opening } from './opening.ts';
import type { SigningIn } from './sign-in-desk.ts';
import type { HandedWish } from './wish-desk.ts';

/** A page that was opened is forgotten after this long without a question. */
const IDLE_MS = 30 * 60_000;
/** An unlocked page locks itself after this long without an act. */
const UNLOCKED_IDLE_MS = 5 * 60_000;
/** Another device signs in again after this long, whether it asks all the time or not. */
const LONGEST_DEVICE_MS = 12 * 60 * 60_000;
const LAUNCH_MS = 2 * 60_000;
/** A link that goes to another device is typed or photographed there. */
const INVITE_MS = 10 * 60_000;
const MOST_SESSIONS = 32;
const MOST_LAUNCHES = 16;
const SECRET_BYTES = 32;

export type Unlocked = {
  readonly session: ApproverSession;
  readonly key: HybridKey;
  usedAt: number;
};

/** For what a device was invited: its passkey, once the owner confirms it. */
export type Invite = {
  readonly label: string;
  readonly actsAs: readonly string[];
  /** Six digits the device shows since its passkey was made. */
  code?: string;
  isConfirmed?: boolean;
};

/** One page in one browser. Its two secrets are kept by their digests alone. */
export type PageSession = {
  readonly place: PagePlace;
  readonly cookie: Buffer;
  readonly page: Buffer;
  readonly openedAt: number;
  usedAt: number;
  /** What it was asked to sign last, by request; the answer has to be over exactly that. */
  readonly drafts: Map<string, TokenDraft>;
  /** The same for the unlocking and for a new passkey. */
  opening?: Opening;
  signingIn?: SigningIn;
  registering?: { readonly challenge: string; readonly label: string; readonly actsAs: string[] };
  unlocked?: Unlocked;
  /** A policy that was handed to it. */
  draft?: PolicyDraft;
  /** What was given and is to be taken back, or leased. */
  wish?: HandedWish;
  /** A person showed who they are on this page once; that alone approves nothing later. */
  wasVerified?: boolean;
  /** On another device: a link brought it here, and it may enrol a passkey and no more. */
  readonly invite?: Invite;
  /** On another device: the factor that signed in. */
  readonly enteredBy?: string;
};

export type Opened = { readonly cookie: string; readonly page: string };

type Launch = { readonly until: number; readonly invite?: Invite };

/**
 * Who looks at the page. A session says where a question comes from; it approves nothing by
 * itself. The cookie alone is not enough: browsers send it to every port of this machine.
 */
export class PageSessions {
  readonly #now: () => number;
  readonly #launches = new Map<string, Launch>();
  readonly #sessions = new Set<PageSession>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** A secret for one opening of the page, soon. */
  launch(): string {
    return this.#launched({ until: this.#now() + LAUNCH_MS });
  }

  /** The same for the enrolment of another device; it opens no other page. */
  invite(label: string, actsAs: readonly string[]): string {
    return this.#launched({ until: this.#now() + INVITE_MS, invite: { label, actsAs } });
  }

  /** Uses a launch up. */
  begin(launch: string, place: PagePlace): Result<Opened, Refusal> {
    const digest = digestOf(launch).toString('hex');
    const found = this.#launches.get(digest);
    const message = place.isDevice
      ? 'open it with a fresh link: ioi approver add --device NAME'
      : 'open the page with `ioi inbox --open`';
    const isHere = (found?.invite !== undefined) === place.isDevice;
    if (found === undefined || !isHere) return err({ code: 'page.not_launched', message });
    this.#launches.delete(digest);
    if (found.until <= this.#now()) return err({ code: 'page.not_launched', message });
    return ok(this.#open({ place, ...(found.invite ? { invite: found.invite } : {}) }));
  }

  /** For whoever a factor signed in on another device. */
  enter(place: PagePlace, enteredBy: string): Opened {
    return this.#open({ place, enteredBy, wasVerified: true });
  }

  /** Those on other devices that a factor signed in, by what tells them apart. */
  entered(): PageSession[] {
    this.#forgetIdle();
    return [...this.#sessions].filter(({ enteredBy }) => enteredBy !== undefined);
  }

  end(session: PageSession): void {
    this.#sessions.delete(session);
  }

  /** The listener is closed: nobody looks from another device any more. */
  endDevices(): void {
    for (const session of this.#sessions) {
      if (session.place.isDevice) this.#sessions.delete(session);
    }
    for (const [digest, { invite }] of this.#launches) {
      if (invite !== undefined) this.#launches.delete(digest);
    }
  }

  find(cookie: string, page: string): PageSession | undefined {
    this.#forgetIdle();
    const [cookieDigest, pageDigest] = [digestOf(cookie), digestOf(page)];
    const found = [...this.#sessions].find(
      (each) =>
        timingSafeEqual(each.cookie, cookieDigest) && timingSafeEqual(each.page, pageDigest),
    );
    if (found !== undefined) found.usedAt = this.#now();
    return found;
  }

  /** Still unlocked, and from now on for a while longer, within what was signed. */
  unlocked(session: PageSession, chainTime: bigint): Unlocked | undefined {
    const { unlocked } = session;
    if (unlocked === undefined) return undefined;
    const isIdle = this.#now() - unlocked.usedAt > UNLOCKED_IDLE_MS;
    if (!isIdle && BigInt(unlocked.session.expires) > chainTime) return unlocked;
    delete session.unlocked;
    return undefined;
  }

  /** A person acted: looking alone does not keep a page unlocked. */
  touch(unlocked: Unlocked): void {
    unlocked.usedAt = this.#now();
  }

  unlock(session: PageSession, signed: Omit<Unlocked, 'usedAt'>): void {
    session.unlocked = { ...signed, usedAt: this.#now() };
  }

  /** What came back by a browser that did not ask for it is over for whoever did. */
  endSignIn(state: Buffer): void {
    for (const session of this.#sessions) {
      if (session.signingIn?.state.equals(state)) delete session.signingIn;
    }
  }

  #launched(launch: Launch): string {
    for (const [digest, { until }] of this.#launches) {
      if (until <= this.#now() || this.#launches.size >= MOST_LAUNCHES) {
        this.#launches.delete(digest);
      }
    }
    const secret = newSecret();
    this.#launches.set(digestOf(secret).toString('hex'), launch);
    return secret;
  }

  #open(about: Pick<PageSession, 'place' | 'invite' | 'enteredBy' | 'wasVerified'>): Opened {
    this.#forgetIdle();
    if (this.#sessions.size >= MOST_SESSIONS) this.#forgetOne();
    const [cookie, page] = [newSecret(), newSecret()];
    const now = this.#now();
    const times = { openedAt: now, usedAt: now };
    const digests = { cookie: digestOf(cookie), page: digestOf(page) };
    this.#sessions.add({ ...about, ...digests, ...times, drafts: new Map() });
    return { cookie, page };
  }

  /** Whoever opens many pages does not close one that a person showed themselves to. */
  #forgetOne(): void {
    const ofNobody = [...this.#sessions].filter(({ wasVerified }) => wasVerified !== true);
    const candidates = ofNobody.length > 0 ? ofNobody : [...this.#sessions];
    const [first] = candidates.sort((one, other) => one.usedAt - other.usedAt);
    if (first !== undefined) this.#sessions.delete(first);
  }

  #forgetIdle(): void {
    for (const session of this.#sessions) {
      const { place, openedAt, usedAt } = session;
      const isLong = place.isDevice && this.#now() - openedAt > LONGEST_DEVICE_MS;
      if (isLong || this.#now() - usedAt > IDLE_MS) this.#sessions.delete(session);
    }
  }
}

function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
