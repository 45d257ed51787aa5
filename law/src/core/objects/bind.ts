import { err, ok } from '@ioi/basis';
import {
  type ArtifactEnvelope,
  type CrossDomainRefEnvelope,
  isArtifactEnvelope,
  isCrossDomainRefEnvelope,
  type Operation,
} from '@ioi/protocol';
import type { ObjectEvent } from './events.ts';
import { keys } from './heads.ts';

/** Binds an object of another domain by roots and hashes, once; it carries no state. */
export const bindReference: Operation<CrossDomainRefEnvelope, ObjectEvent> = {
  authors: ['channel', 'key'],
  accepts: isCrossDomainRefEnvelope,
  reads: ({ ref_id }) => [keys.reference(ref_id)],
  needs: () => [],
  decide: (reference, { view, at }) => {
    const { ref_id, created_at, source_domain, target_domain } = reference;
    if (view.get(keys.reference(ref_id))) {
      return err({ code: 'reference.exists', message: `${ref_id} is bound` });
    }
    if (source_domain === target_domain) {
      const message = 'an object of one domain is referred to by a foreign_ref constraint';
      return err({ code: 'reference.same_domain', message });
    }
    if (BigInt(created_at) > at.chainTime) {
      return err({ code: 'reference.not_yet', message: `created_at is after Chain Time` });
    }
    return ok([{ type: 'reference.bound', reference }]);
  },
};

/** Says where payload bytes are and what they hash to, once; the log holds no bytes. */
export const attachArtifact: Operation<ArtifactEnvelope, ObjectEvent> = {
  authors: ['channel', 'key'],
  accepts: isArtifactEnvelope,
  reads: ({ artifact_id }) => [keys.artifact(artifact_id)],
  needs: () => [],
  decide: (artifact, { view }) => {
    const { artifact_id, privacy_class, encryption } = artifact;
    if (view.get(keys.artifact(artifact_id))) {
      return err({ code: 'artifact.exists', message: `${artifact_id} is attached` });
    }
    if (privacy_class === 'encrypted' && encryption.mode === 'none') {
      return err({ code: 'artifact.not_encrypted', message: `${artifact_id} says both` });
    }
    return ok([{ type: 'artifact.attached', artifact }]);
  },
};
