import type { Submitted } from '@ioi/agentgres/shell';
import { encodeBase64 } from '@ioi/basis';
import { domainModules, type Modules, nodeModules, type ProposedOperation } from '@ioi/law';
import type { Frontier } from '@ioi/merkle';
import type { Identity } from './identity.ts';
import { Broken, Replay } from './replay.ts';

/** What the callers of one operation were told; `text` is the entry of an acknowledgement. */
export type Asked = {
  readonly domain: string;
  readonly operation: ProposedOperation;
  /** Answers that are not in yet, and all that were ever asked for. */
  open: number;
  submissions: number;
  text: string | undefined;
  wasRefused: boolean;
  /** Some caller heard nothing, or that it is in doubt: it may stand or not. */
  isInDoubt: boolean;
  /** A caller was told that it stands already. */
  mustStand: boolean;
};

/** One caller's wait; it is alone when nobody else waited at any moment of it. */
export type Submission = {
  readonly asked: Asked;
  readonly number: number;
  readonly first: boolean;
};

type Signed = { readonly roots: Map<number, string>; latest: number };

/** Knows what was promised to whom, and holds the logs to it. Throws `Broken`. */
export class Oracle {
  readonly asked = new Map<string, Asked>();
  readonly #replays: ReadonlyMap<string, Replay>;
  readonly #signed = new Map<string, Signed>();
  readonly #acknowledged = new Map<string, number>();

  constructor(identity: Identity) {
    const modulesOf = (domain: string): Modules =>
      domain === identity.nodeDomain ? nodeModules() : domainModules();
    const replays = identity.logs.map(
      (domain) => [domain, new Replay(modulesOf(domain), identity.logName(domain))] as const,
    );
    this.#replays = new Map(replays);
  }

  replay(domain: string): Replay {
    return this.#replays.get(domain) as Replay;
  }

  submitting(domain: string, operation: ProposedOperation): Submission {
    const fresh: Asked = {
      domain,
      operation,
      open: 0,
      submissions: 0,
      text: undefined,
      wasRefused: false,
      isInDoubt: false,
      mustStand: false,
    };
    const asked = this.asked.get(operation.operation_id) ?? fresh;
    this.asked.set(operation.operation_id, asked);
    const first = asked.open === 0;
    asked.open += 1;
    asked.submissions += 1;
    return { asked, number: asked.submissions, first };
  }

  answered({ asked, number, first }: Submission, result: Submitted): void {
    asked.open -= 1;
    const id = asked.operation.operation_id;
    if (!result.ok) {
      const isAlone = first && asked.submissions === number;
      if (result.error.code !== 'operation.duplicate') asked.wasRefused = true;
      else if (isAlone) asked.mustStand = true;
      return;
    }
    const { text, seal } = result.value;
    if (asked.text !== undefined && asked.text !== text) throw new Broken(`${id} was sealed twice`);
    asked.text = text;
    const { seq } = JSON.parse(text) as { seq: string };
    const root = this.#signed.get(asked.domain)?.roots.get(Number(seal.size));
    if (root !== seal.root || Number(seq) >= Number(seal.size)) {
      throw new Broken(`${id} was acknowledged without a seal`);
    }
    const size = Math.max(this.acknowledged(asked.domain), Number(seal.size));
    this.#acknowledged.set(asked.domain, size);
  }

  /** Entries of a log that somebody was told are sealed. */
  acknowledged(domain: string): number {
    return this.#acknowledged.get(domain) ?? 0;
  }

  /** Nobody will answer this one any more. */
  unanswered({ asked }: Submission): void {
    asked.open -= 1;
    asked.isInDoubt = true;
  }

  /** The guardian signed the checkpoint of a log. */
  signed(domain: string, frontier: Frontier): void {
    const root = encodeBase64(frontier.root());
    const signed = this.#signed.get(domain) ?? { roots: new Map(), latest: 0 };
    this.#signed.set(domain, signed);
    const other = signed.roots.get(frontier.size);
    if (other !== undefined && other !== root) {
      throw new Broken(`two checkpoints of ${domain} at ${frontier.size} were signed`, 'fork');
    }
    if (frontier.size < signed.latest) {
      throw new Broken(`${domain} was sealed at ${signed.latest}, now at ${frontier.size}`, 'fork');
    }
    signed.roots.set(frontier.size, root);
    signed.latest = frontier.size;
  }

  /** Entries of a log that are sealed for all that anybody knows. */
  sealedSize(domain: string): number {
    return this.#signed.get(domain)?.latest ?? 0;
  }

  /** Holds a sealed log to every promise made about it. */
  sealed(domain: string, texts: readonly string[], root: string): void {
    const replay = this.replay(domain);
    replay.extend(texts, root);
    for (const asked of this.asked.values()) {
      if (asked.domain === domain) checkPromise(asked, replay.effective);
    }
  }
}

function checkPromise(asked: Asked, effective: ReadonlyMap<string, string>): void {
  const id = asked.operation.operation_id;
  const stands = effective.get(id);
  if (asked.text !== undefined && stands !== asked.text) {
    throw new Broken(`${id} was acknowledged and does not stand`, 'lost');
  }
  if (asked.mustStand && stands === undefined) {
    throw new Broken(`${id} is called a duplicate and does not stand`, 'lost');
  }
  const isDenied = asked.wasRefused && asked.text === undefined && !asked.isInDoubt;
  if (stands !== undefined && isDenied && asked.open === 0) {
    throw new Broken(`${id} was refused and stands`);
  }
}
