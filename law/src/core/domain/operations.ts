import { err, ok, type Result } from '@ioi/basis';
import { canonicalBytes } from '@ioi/canon';
import { keyId, noteKeysOf, parseCheckpoint, type VerifierRegistry, verifyNote } from '@ioi/crypto';
import {
  type ChangeEpoch,
  type DomainGenesis,
  isChangeEpoch,
  isDomainGenesis,
  isOpenDomain,
  isRegisterPrincipal,
  isRevokePrincipal,
  type OpenDomain,
  type Operation,
  type RegisterPrincipal,
  type Rejection,
  type RevokePrincipal,
} from '@ioi/protocol';
import { keys, type NodeHead } from '../boundary/heads.ts';
import { nodeIdOf } from '../boundary/node-id.ts';
import { principalKey } from '../ledger/index.ts';
import type { DomainEvent } from './events.ts';
import { domainOriginOf, openDomainKey } from './identity.ts';

type DomainOperation<P> = Operation<P, DomainEvent>;

const reject = (code: string, message: string): Result<never, Rejection> => err({ code, message });

export const genesis: DomainOperation<DomainGenesis> = {
  authors: ['guardian'],
  accepts: isDomainGenesis,
  reads: () => [keys.node],
  needs: () => [],
  decide: (payload, { view, at }) => {
    if (view.get(keys.node) || at.seq !== 0n) {
      return reject('domain.has_genesis', 'genesis is entry 0 and nothing else');
    }
    if (payload.node_id !== nodeIdOf(payload.owner_key, payload.guardian_key)) {
      return reject('domain.id_mismatch', 'node_id does not follow from the keys');
    }
    if (payload.origin !== domainOriginOf(payload.node_id, payload.domain_id)) {
      return reject('domain.origin_mismatch', 'origin does not follow from node and domain');
    }
    return ok([{ type: 'domain.created', genesis: payload }]);
  },
};

export const openDomain: DomainOperation<OpenDomain> = {
  authors: ['channel'],
  accepts: isOpenDomain,
  reads: ({ domain_id }) => [keys.node, openDomainKey(domain_id)],
  needs: () => [],
  decide: ({ domain_id }, { view }) => {
    const node = view.get<NodeHead & { domain_id?: string }>(keys.node);
    if (!node || node.domain_id !== undefined) {
      return reject('domain.not_a_node', "domains are opened in a node's own log");
    }
    if (view.get(openDomainKey(domain_id))) {
      return reject('domain.open_already', `${domain_id} is open`);
    }
    return ok([{ type: 'domain.opened', domain_id }]);
  },
};

export const registerPrincipal: DomainOperation<RegisterPrincipal> = {
  authors: ['channel'],
  accepts: isRegisterPrincipal,
  reads: () => [keys.node],
  needs: () => [],
  decide: ({ public_key, operations, label }, { view }) => {
    if (!view.get(keys.node)) return reject('domain.no_genesis', 'the log has no genesis');
    const named = label === undefined ? {} : { label };
    const principal = { public_key, operations, ...named };
    return ok([{ type: 'principal.registered', key_id: keyId(public_key), principal }]);
  },
};

export const revokePrincipal: DomainOperation<RevokePrincipal> = {
  authors: ['channel'],
  accepts: isRevokePrincipal,
  reads: ({ key_id }) => [principalKey(key_id)],
  needs: () => [],
  decide: ({ key_id }, { view }) => {
    const id = key_id as `sha256:${string}`;
    if (!view.get(principalKey(id))) {
      return reject('principal.unknown', `${id} is no key of this domain`);
    }
    return ok([{ type: 'principal.revoked', key_id: id }]);
  },
};

/**
 * A new guardian takes over (design section 4): it names what its predecessor sealed last, and
 * the owner signs. That the log up to here is the one the note is over, only who holds the log
 * can tell: the guardian and the verifier compare the root.
 */
export function changeEpoch(registry: VerifierRegistry): DomainOperation<ChangeEpoch> {
  return {
    authors: ['guardian'],
    accepts: isChangeEpoch,
    reads: () => [keys.node],
    needs: () => [],
    decide: (payload, { view, at }) => {
      const node = view.get<NodeHead>(keys.node);
      if (!node) return reject('domain.no_genesis', 'the log has no genesis');
      const { epoch, reason, guardian_key, origin, predecessor } = payload;
      if (BigInt(epoch) !== BigInt(node.epoch) + 1n) {
        return reject('epoch.not_next', `the epoch after ${node.epoch} is not ${epoch}`);
      }
      if (BigInt(predecessor.size) !== at.seq) {
        return reject('epoch.wrong_place', `the predecessor sealed ${predecessor.size} entries`);
      }
      const unsigned = notOf(payload, node, registry);
      if (unsigned !== undefined) return reject('epoch.not_authorised', unsigned);
      const { size } = predecessor;
      return ok([{ type: 'epoch.changed', epoch, reason, size, guardian_key, origin }]);
    },
  };
}

/** Why predecessor or owner did not sign this. */
function notOf(payload: ChangeEpoch, node: NodeHead, registry: VerifierRegistry) {
  const { owner_signature, ...signed } = payload;
  const pair = noteKeysOf(node.guardian_key, node.origin);
  const note = pair.ok ? verifyNote(payload.predecessor.note, [pair.value.ed25519]) : pair;
  if (!note.ok) return `the predecessor's note: ${note.error.message}`;
  const checkpoint = parseCheckpoint(note.value.text);
  const { size } = payload.predecessor;
  if (!checkpoint.ok || String(checkpoint.value.size) !== size) return 'the note has another size';
  const message = canonicalBytes({ ...signed, node_id: node.node_id });
  if (!message.ok) return message.error.message;
  const domain = 'SIG_DOMAIN_OPERATION';
  const verified = registry.verify(node.owner_key, domain, message.value, owner_signature);
  return verified.ok ? undefined : `the owner's signature: ${verified.error.message}`;
}
