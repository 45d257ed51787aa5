import { randomBytes } from 'node:crypto';
import { err, ok, type Result } from '@ioi/basis';
import { digestBytes } from '@ioi/canon';
import { signEd25519, signHybrid } from '@ioi/crypto/shell';
import { challengeOf, contentsIn, type ParamChange, revealed } from '@ioi/law';
import type {
  ActionRules,
  ApprovalSignature,
  ApproverSession,
  ExtendAction,
  WebAuthnAssertion,
} from '@ioi/protocol';
import {
  type Alike,
  alikeAmong,
  type GuardianNotice,
  OFFERED_ALGORITHMS,
  type PageItem,
  type PolicyView,
  pageItem,
  type Refusal,
  type Registration,
  type WishView,
} from '../core/index.ts';
import type { Approver } from './approver.ts';
import { type Challenge, challengeOver, signedDigest } from './challenge.ts';
import type { DeviceDesk } from './device-desk.ts';
import type { EditDesk, Edited } from './edit-desk.ts';
import { type Enrolled, enrol, factorMade } from './enrolment.ts';
import type { ExtensionDesk } from './extension-desk.ts';
import { assertionOf, type GivenAssertion } from './given-assertion.ts';
import type { Guardian } from './guardian.ts';
import { bytesOf } from './hand-over.ts';
import type { MatchCodes } from './match-codes.ts';
import { newOpening } from './opening.ts';
import type { OwnerLock } from './owner-lock.ts';
import type { PageSession, PageSessions } from './page-sessions.ts';
import type { StatementDesk } from './statement-desk.ts';
import type { StepUpView } from './step-up-desk.ts';
import type { Signed, TokenDesk } from './token-desk.ts';

export type PageDeskOptions = {
  readonly guardian: Guardian;
  readonly approver: Approver;
  readonly statements: StatementDesk;
  readonly lock: OwnerLock;
  readonly sessions: PageSessions;
  readonly devices: DeviceDesk;
  readonly edits: EditDesk;
  readonly extensions: ExtensionDesk;
  readonly matches: MatchCodes;
  readonly notify: (notice: GuardianNotice) => void;
  /** Text of a policy by its hash. */
  readonly policyText: (hash: string) => string | undefined;
};

/** How long looking waits for contents that the daemon has to bring. */
const PATIENCE_MS = 500;

/** How a person shows who they are: a passkey, the passphrase, or having unlocked the page. */
export type Shown = {
  readonly passphrase?: string | undefined;
  readonly assertion?: GivenAssertion | undefined;
};

type Named = { readonly factor_id: string; readonly label: string };

export type Inbox = {
  /** Whether it is looked at on another device. */
  readonly on_device: boolean;
  readonly node_id: string;
  readonly chain_time: string;
  readonly unlocked_until?: string;
  readonly passkeys: readonly Named[];
  /** Who may sign in at a provider. */
  readonly sign_ins: readonly Named[];
  /** Of the passkeys, how many can be used on this page. */
  readonly usable: number;
  readonly pending: readonly (PageItem & Matching & Grouped)[];
  /** A policy that was handed to this page, to be put in force. */
  readonly draft?: PolicyView;
  /** A statement that was, to be signed. */
  readonly wish?: WishView;
  /** What the owner signed, for a passkey of this machine to confirm. */
  readonly step_up?: StepUpView;
};

/** On this machine: what other devices that are signed in have to be told of a request. */
type Matching = { readonly match?: readonly { readonly label: string; readonly code: string }[] };

/** What else waits of its shape, where something does. */
type Grouped = { readonly alike?: Alike };

/** What a person does on the page; every act says how its person was verified. */
export class PageDesk {
  readonly #options: PageDeskOptions;

  constructor(options: PageDeskOptions) {
    this.#options = options;
  }

  async inbox(session: PageSession): Promise<Inbox> {
    const { guardian, approver, sessions, policyText, notify } = this.#options;
    const items = approver.pending();
    const digests = items.flatMap(({ request }) => contentsIn(request.params));
    await guardian.shown.bring(digests, notify, PATIENCE_MS);
    const content = (digest: string) => guardian.shown.text(digest);
    const chainTime = guardian.chainTime();
    const unlocked = sessions.unlocked(session, chainTime);
    const policy = guardian.activePolicy();
    const text = policy && policyText(policy.policy_hash);
    const rules = text === undefined ? undefined : (JSON.parse(text) as ActionRules);
    const { factors = [], levels = [] } = this.#tokens.approvers() ?? {};
    const named = ({ factor_id, label }: Named): Named => ({ factor_id, label });
    const { isDevice } = session.place;
    const alike = alikeAmong(items);
    const stepUp = approver.stepUps.shown();
    return {
      on_device: isDevice,
      node_id: guardian.node()?.node_id ?? '',
      chain_time: String(chainTime),
      ...(unlocked ? { unlocked_until: unlocked.session.expires } : {}),
      passkeys: factors.map(named),
      sign_ins: isDevice ? [] : levels.filter(({ kind }) => kind === 'sign_in').map(named),
      usable: factors.filter(({ origin }) => origin === session.place.origin).length,
      ...(session.draft ? { draft: session.draft.view } : {}),
      ...(session.wish ? { wish: session.wish.view } : {}),
      ...(isDevice || stepUp === undefined ? {} : { step_up: stepUp }),
      pending: items.map((item) => {
        const standing = this.#tokens.standing(item);
        const viewed = pageItem(item, { content, rules, others: items, standing });
        const group = alike.get(item.request_hash);
        const shown = group === undefined ? viewed : { ...viewed, alike: group };
        if (item.contract.risk_class !== 'high' || isDevice) return shown;
        return { ...shown, match: this.#options.devices.codes(item.request_hash) };
      }),
    };
  }

  /**
   * What a passkey has to sign to approve this. Another device says the code that the node shows
   * first, where the risk is high.
   */
  challenge(session: PageSession, requestHash: string, match = ''): Result<Challenge, Refusal> {
    const item = this.#tokens.item(requestHash);
    if (session.place.isDevice && item?.contract.risk_class === 'high') {
      const matched = this.#options.matches.check(session, requestHash, match);
      if (!matched.ok) return matched;
    }
    const draft = this.#tokens.draft(requestHash, 'passkey');
    if (!draft.ok) return draft;
    session.drafts.set(requestHash, draft.value);
    return this.#challengeOver(session, draft.value);
  }

  async approve(
    session: PageSession,
    requestHash: string,
    shown: Shown,
  ): Promise<Result<Signed, Refusal>> {
    if (shown.assertion !== undefined) {
      return this.#approveByPasskey(session, requestHash, shown.assertion);
    }
    if (shown.passphrase !== undefined) {
      return this.#options.approver.approve(requestHash, shown.passphrase);
    }
    return this.#approveUnlocked(session, requestHash);
  }

  async deny(
    session: PageSession,
    requestHash: string,
    { passphrase, reason }: { readonly passphrase?: string | undefined; readonly reason: string },
  ): Promise<Result<void, Refusal>> {
    const verified = await this.#verified(session, passphrase);
    return verified.ok ? this.#options.approver.denyVerified(requestHash, reason) : verified;
  }

  /** The parameters of what waits, to change them: contents as they are where they are at hand. */
  params(requestHash: string): Result<object, Refusal> {
    const item = this.#tokens.item(requestHash);
    if (item === undefined) return refuse('action.not_pending', 'it waits no more');
    const content = (digest: string) => this.#options.guardian.shown.text(digest);
    return ok({ params: revealed(item.request.params, content) });
  }

  /** Another act in its place; that one is decided, shown and approved by itself. */
  async edit(
    session: PageSession,
    requestHash: string,
    { changes, passphrase }: { changes: readonly ParamChange[]; passphrase: string | undefined },
  ): Promise<Result<Edited, Refusal>> {
    const isHigh = this.#tokens.item(requestHash)?.contract.risk_class === 'high';
    const verified = await this.#verified(session, passphrase, isHigh);
    if (!verified.ok) return verified;
    const edited = await this.#options.edits.order(requestHash, changes);
    // Nobody gets to guess anew by editing.
    const { isDevice } = session.place;
    if (edited.ok && isDevice) this.#options.matches.carry(requestHash, edited.value.request_hash);
    return edited;
  }

  /** More time to decide it. */
  async extend(
    session: PageSession,
    requestHash: string,
    { moreMs, passphrase }: { moreMs: bigint; passphrase: string | undefined },
  ): Promise<Result<ExtendAction, Refusal>> {
    const isHigh = this.#tokens.item(requestHash)?.contract.risk_class === 'high';
    const verified = await this.#verified(session, passphrase, isHigh);
    return verified.ok ? this.#options.extensions.order(requestHash, moreMs) : verified;
  }

  /** What a passkey has to sign to confirm what the owner signed. */
  confirming(session: PageSession, requestHash: string): Result<Challenge, Refusal> {
    const digest = this.#options.approver.stepUps.digest(requestHash);
    if (!digest.ok) return digest;
    return ok(challengeOver(session, digest.value, this.#tokens.approvers()));
  }

  async confirm(requestHash: string, given: GivenAssertion): Promise<Result<void, Refusal>> {
    const assertion = this.#assertionOf(given);
    if (!assertion.ok) return assertion;
    return this.#options.approver.stepUps.confirm(requestHash, assertion.value);
  }

  /** What a passkey has to sign to unlock the page for acts of low risk. */
  unlocking(session: PageSession): Result<Challenge, Refusal> {
    const opening = newOpening(this.#options.guardian);
    if (opening === undefined) return refuse('node.no_genesis', 'the node has no genesis yet');
    session.opening = opening;
    return this.#challengeOver(session, opening.unsigned);
  }

  async unlock(session: PageSession, shown: Shown): Promise<Result<void, Refusal>> {
    if (session.opening === undefined) this.unlocking(session);
    const { opening } = session;
    delete session.opening;
    if (opening === undefined) return refuse('page.not_asked', 'ask to unlock first');
    const signature = await this.#signed(opening.unsigned, shown);
    if (!signature.ok) return signature;
    const signers = this.#tokens.signers(opening.unsigned, [signature.value]);
    if (!signers.ok) return signers;
    const late = this.#tokens.countUp(signers.value[0], signature.value);
    if (late !== undefined) return err(late);
    const opened_by = signature.value as ApproverSession['opened_by'];
    const signed = { ...opening.unsigned, opened_by };
    this.#options.sessions.unlock(session, { session: signed, key: opening.key });
    session.wasVerified = true;
    return ok(undefined);
  }

  lock(session: PageSession): void {
    delete session.unlocked;
  }

  registering(session: PageSession, label: string, actsAs: string[]): Record<string, unknown> {
    const bytes = randomBytes(32);
    session.registering = { challenge: digestBytes(bytes), label, actsAs };
    const known = this.#tokens.approvers()?.factors ?? [];
    return {
      challenge: challengeOf(digestBytes(bytes)),
      rp_id: session.place.rpId,
      user_id: randomBytes(16).toString('base64'),
      algorithms: OFFERED_ALGORITHMS,
      // Another device signs in by its passkey alone, so the passkey has to know what it is for.
      resident_key: session.place.isDevice ? 'required' : 'preferred',
      exclude: known.map(({ credential_id }) => credential_id),
    };
  }

  /** The owner signs that this passkey approves from now on. */
  async register(
    session: PageSession,
    registration: Registration,
    passphrase: string,
  ): Promise<Result<Enrolled, Refusal>> {
    const factor = factorMade(session, registration);
    if (!factor.ok) return factor;
    const enrolled = await enrol(this.#options.statements, factor.value, passphrase);
    if (enrolled.ok) session.wasVerified = true;
    return enrolled;
  }

  get #tokens(): TokenDesk {
    return this.#options.approver.tokens;
  }

  async #approveByPasskey(
    session: PageSession,
    requestHash: string,
    given: GivenAssertion,
  ): Promise<Result<Signed, Refusal>> {
    const draft = session.drafts.get(requestHash);
    session.drafts.delete(requestHash);
    if (draft === undefined) return refuse('page.not_asked', 'ask for a challenge first');
    const assertion = this.#assertionOf(given);
    return assertion.ok ? this.#tokens.sign(draft, assertion.value) : assertion;
  }

  #approveUnlocked(session: PageSession, requestHash: string): Result<Signed, Refusal> {
    const unlocked = this.#unlockedIn(session);
    if (unlocked === undefined) return notVerified();
    const { session: certificate, key } = unlocked;
    const isSignIn = certificate.opened_by.algorithm === 'oidc';
    const draft = this.#tokens.draft(requestHash, isSignIn ? 'sign_in' : 'session');
    if (!draft.ok) return draft;
    const message = bytesOf(draft.value);
    const { signature } = signEd25519(key.ed25519, certificate.session_key, {
      domain: 'SIG_DOMAIN_APPROVAL',
      message,
    });
    return this.#tokens.sign(draft.value, {
      algorithm: 'session',
      session: certificate,
      signature,
    });
  }

  async #verified(
    session: PageSession,
    passphrase: string | undefined,
    changesHigh = false,
  ): Promise<Result<void, Refusal>> {
    // Who signed in on another device may say no without showing themselves again.
    if (session.enteredBy !== undefined) return ok(undefined);
    const unlocked = this.#unlockedIn(session);
    // Whoever unlocked it may be revoked meanwhile, and an ID token ends before the page does.
    const opener = unlocked && this.#tokens.opener(unlocked.session);
    if (opener?.ok && !(changesHigh && opener.value.means === 'sign_in')) return ok(undefined);
    if (passphrase === undefined) return notVerified();
    const key = await this.#options.lock.open(passphrase);
    return key.ok ? ok(undefined) : key;
  }

  #unlockedIn(session: PageSession) {
    const { sessions, guardian } = this.#options;
    const unlocked = sessions.unlocked(session, guardian.chainTime());
    if (unlocked !== undefined) sessions.touch(unlocked);
    return unlocked;
  }

  async #signed(unsigned: object, shown: Shown): Promise<Result<ApprovalSignature, Refusal>> {
    if (shown.assertion !== undefined) return this.#assertionOf(shown.assertion);
    if (shown.passphrase === undefined) return notVerified();
    const key = await this.#options.lock.open(shown.passphrase);
    if (!key.ok) return key;
    return ok(signHybrid(key.value, 'SIG_DOMAIN_APPROVAL', bytesOf(unsigned)));
  }

  #assertionOf(given: GivenAssertion): Result<WebAuthnAssertion, Refusal> {
    return assertionOf(given, this.#tokens.approvers()?.factors ?? []);
  }

  #challengeOver(session: PageSession, signed: object): Result<Challenge, Refusal> {
    return ok(challengeOver(session, signedDigest(signed), this.#tokens.approvers()));
  }
}

function notVerified(): Result<never, Refusal> {
  return refuse('approver.not_verified', 'unlock the page, use a passkey, or give the passphrase');
}

function refuse(code: string, message: string): Result<never, Refusal> {
  return err({ code, message });
}
