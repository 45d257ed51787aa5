import { encodeHex, ok } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import {
  type CloseSession,
  type Commitment,
  isCloseSession,
  isOpenSession,
  isStepSession,
  type OpenSession,
  type StepSession,
} from '@ioi/protocol';
import { keys } from '../boundary/heads.ts';
import { chainReceipt, receiptHash } from '../boundary/receipts.ts';
import { accumulatorRoot, sessionLeaf } from './accumulator.ts';
import { type GovernanceOperation, reject, requireNode, SPEAKERS } from './authority.ts';
import { governanceKeys, type SessionHead } from './heads.ts';
import { hashOf, nodeActor, speakerOf } from './names.ts';
import { emitted } from './swap-module.ts';

export const openSession: GovernanceOperation<OpenSession> = {
  authors: SPEAKERS,
  accepts: isOpenSession,
  reads: (session) => [keys.node, governanceKeys.session(hashOf(session))],
  needs: () => [],
  decide: (session, { view, author }) => {
    const node = requireNode(view);
    if (!node.ok) return node;
    const session_id = hashOf(session);
    if (view.get(governanceKeys.session(session_id))) {
      return reject('session.exists', 'this session was opened before');
    }
    const opened = { state: 'open', author: speakerOf(author), session, steps: '0' } as const;
    return ok([{ type: 'session.opened', session_id, opened }]);
  },
};

/** One more step: a class 1 receipt and a leaf of the session's accumulator (4.2.3). */
export const stepSession: GovernanceOperation<StepSession> = {
  authors: SPEAKERS,
  accepts: isStepSession,
  reads: ({ session_id }) => [keys.node, keys.lastReceipt, governanceKeys.session(session_id)],
  needs: () => [],
  decide: (payload, { view, at, author }) => {
    const node = requireNode(view);
    if (!node.ok) return node;
    const head = view.get<SessionHead>(governanceKeys.session(payload.session_id));
    if (head?.state !== 'open' || head.author !== speakerOf(author)) return notOpen();
    if (payload.step !== String(BigInt(head.steps) + 1n)) {
      return reject('session.wrong_step', `${head.steps} steps were taken`);
    }
    const { policy_hash } = head.session;
    const receipt = chainReceipt(
      {
        type: 'session',
        actorId: nodeActor(node.value.node_id),
        inputHash: payload.input_payload_hash,
        outputHash: payload.output_payload_hash,
        body: { artifact_class: 1, ...payload, policy_hash },
      },
      view,
      at,
    );
    const leaf = encodeHex(sessionLeaf(receiptHash(receipt.body), payload.ticket_hash));
    const session_id = payload.session_id as Digest;
    return ok([{ type: 'session.stepped', session_id, leaf: `sha256:${leaf}` }, emitted(receipt)]);
  },
};

/** The session ends with what binds all of it: a class 2 Commitment. */
export const closeSession: GovernanceOperation<CloseSession> = {
  authors: SPEAKERS,
  accepts: isCloseSession,
  reads: ({ session_id }) => [keys.node, governanceKeys.session(session_id)],
  needs: () => [],
  decide: ({ session_id }, { view, author }) => {
    const head = view.get<SessionHead>(governanceKeys.session(session_id));
    if (head?.state !== 'open' || head.author !== speakerOf(author)) return notOpen();
    const commitment: Commitment = {
      artifact_class: 2,
      session_id,
      policy_hash: head.session.policy_hash,
      receipt_root: accumulatorRoot(head.accumulator),
      final_seq: head.steps,
    };
    return ok([{ type: 'session.closed', commitment }]);
  },
};

function notOpen() {
  return reject('session.not_open', 'a session is gone on with by whoever opened it');
}
