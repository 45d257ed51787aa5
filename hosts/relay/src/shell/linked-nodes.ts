import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { Pace } from '@ioi/basis';
import {
  type HybridPublicKey,
  type HybridSignature,
  keyId,
  type VerifierRegistry,
  verifierRegistry,
} from '@ioi/crypto';
import { linkProofBytes } from '@ioi/law';
import { NodeLink } from './node-link.ts';
import type { Register } from './register.ts';

export type RelayEvent = { readonly event: 'linked' | 'away' | 'removed'; readonly name: string };

export type LinkedNodesOptions = {
  readonly register: Register;
  readonly say: (event: RelayEvent) => void;
  /** What comes for it has nowhere to go any more. */
  readonly onRemoved: (name: string) => void;
};

/** Also of a node that is away for now: what is open for it goes on without the link. */
type Linked = { readonly link: NodeLink | undefined; readonly keyId: string };
type Asked = { readonly name: string; readonly key: HybridPublicKey; readonly nonce: string };

/** A node answers the challenge within this. */
const ANSWER_MS = 10_000;
/** Each takes two signatures to check. */
const MOST_PROOFS_A_SECOND = 200;
const NONCE_BYTES = 32;

/** The nodes that proved to have a name, and are there. */
export class LinkedNodes {
  readonly #options: LinkedNodesOptions;
  readonly #verifier: VerifierRegistry = verifierRegistry();
  readonly #links = new Map<string, Linked>();
  readonly #proofs = new Pace(MOST_PROOFS_A_SECOND);
  /** As nodes know the relay: what they sign is for this alone. */
  address = '';

  constructor(options: LinkedNodesOptions) {
    this.#options = options;
  }

  linkOf(name: string): NodeLink | undefined {
    return this.#links.get(name)?.link;
  }

  /** Whoever says to have a name proves it first. */
  ask(socket: Socket, name: string, key: HybridPublicKey): void {
    const id = keyId(key);
    const asked = { name, key, nonce: randomBytes(NONCE_BYTES).toString('hex') };
    const late = setTimeout(() => socket.destroy(), ANSWER_MS);
    socket.once('close', () => clearTimeout(late));
    let isAsked = this.#isOf(name, id) === true;
    const link = new NodeLink(socket, (said) => {
      if (said.kind !== 'proof' || !isAsked) return void socket.destroy();
      clearTimeout(late);
      isAsked = false;
      if (this.#isProven(asked, said.signature, link)) this.#linked(name, link, id);
    });
    socket.once('close', () => this.#left(name, link));
    if (isAsked) link.tell({ kind: 'prove', nonce: asked.nonce });
    else link.refuse('relay.not_added', `this relay knows no ${name} with the key ${id}`);
  }

  /** Names that were removed, or given to another key, are cut. */
  lookForRemoved(): void {
    const { say, onRemoved } = this.#options;
    for (const [name, { link, keyId: key }] of this.#links) {
      if (this.#isOf(name, key) !== false) continue;
      this.#links.delete(name);
      link?.refuse('relay.not_added', `${name} was removed from this relay`);
      onRemoved(name);
      say({ event: 'removed', name });
    }
  }

  /** Undefined where the register cannot be read just now. */
  #isOf(name: string, key: string): boolean | undefined {
    try {
      return this.#options.register.keyOf(name) === key;
    } catch {
      return undefined;
    }
  }

  #isProven({ name, key, nonce }: Asked, signature: HybridSignature, link: NodeLink): boolean {
    if (!this.#proofs.isWithin(performance.now())) {
      link.refuse('relay.busy', 'too many nodes at once');
      return false;
    }
    const bytes = linkProofBytes(this.address, name, nonce);
    const proven = this.#verifier.verify(key, 'SIG_DOMAIN_SESSION', bytes, signature);
    if (!proven.ok) link.refuse('relay.not_proven', `not signed for ${this.address} by that key`);
    return proven.ok;
  }

  /** The newest connection of a node is the one that lives: after a broken one it comes again. */
  #linked(name: string, link: NodeLink, id: string): void {
    const before = this.#links.get(name);
    this.#links.set(name, { link, keyId: id });
    before?.link?.refuse('relay.replaced', 'the name was proven again, from elsewhere or anew');
    if (before !== undefined && before.keyId !== id) this.#options.onRemoved(name);
    link.tell({ kind: 'linked' });
    if (before?.link === undefined) this.#options.say({ event: 'linked', name });
  }

  #left(name: string, link: NodeLink): void {
    const linked = this.#links.get(name);
    if (linked?.link !== link) return;
    this.#links.set(name, { link: undefined, keyId: linked.keyId });
    this.#options.say({ event: 'away', name });
  }
}
