import { randomBytes } from 'node:crypto';
import { type Digest, digestBytes } from '@ioi/canon';
import type { ActionRequest } from '@ioi/protocol';
import { SessionEvidence } from '../../core/index.ts';

/** Whoever speaks at one door: who the node says it is, and what it has been given. */
export class Session {
  readonly origin: ActionRequest['context'];
  readonly evidence: SessionEvidence;
  readonly since = new Date().toISOString();
  /** Resources whose changes it wants to hear of, as `server uri`. */
  readonly subscribed = new Set<string>();
  #nonce = 0n;

  /** `sessionId` is of one that goes on after a restart; of chance unless given. */
  constructor(agentId: string, objective: string | undefined, sessionId?: Digest) {
    const session_id = sessionId ?? digestBytes(randomBytes(32));
    this.origin = { agent_id: agentId, session_id };
    this.evidence = new SessionEvidence(objective);
  }

  nextNonce(): string {
    this.#nonce += 1n;
    return String(this.#nonce);
  }
}
