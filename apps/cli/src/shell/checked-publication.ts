import { verifierRegistry } from '@ioi/crypto';
import { checkPublication } from '@ioi/law';
import type { OrganisationPublication } from '@ioi/protocol';
import { CommandFault } from './fault.ts';

/**
 * What a node says is published, where the key that the person named signed it: the node is not
 * believed about whom its owner lets bound it. Whether it is timely and newer the node knows.
 */
export function checkedPublication(
  publication: OrganisationPublication,
  keyId: string,
): OrganisationPublication {
  const expected = { keyId, now: BigInt(publication.bundle.issued) };
  const checked = checkPublication(publication, expected, verifierRegistry());
  if (checked.ok) return publication;
  const { code, message } = checked.error;
  throw new CommandFault({ exit: 'authority', code, message: `the node shows: ${message}` });
}
