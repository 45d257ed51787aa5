import { organisationView } from '../core/organisation-view.ts';
import { visible } from '../core/visible.ts';
import type { Command } from '../shell/context.ts';
import { signShown } from '../shell/governance.ts';
import { organisationName } from '../shell/organisation-name.ts';
import { keyIdOf } from '../shell/principal-key.ts';
import { principalKeyIn } from '../threshold/files.ts';

/** `ioi policy organisation pin KEYFILE`: from now on bundles of this key bound the node. */
export const organisationPin: Command = async (context, [path = ''], options) => {
  const public_key = principalKeyIn(path);
  const organisation_id = organisationName(public_key, options);
  const asked = { organisation_id, public_key };
  await signShown(context, options, { operation: 'organisation.pin', asked });
  const key_id = keyIdOf(public_key);
  const lines = [`pinned: ${visible(organisation_id)}, ${key_id}`];
  const next = context.output.plain ? [] : ['next: ioi policy bundle accept FILE'];
  context.output.say([...lines, ...next], { organisation_id, key_id });
  return undefined;
};

/** `ioi policy organisation unpin`: the node is bounded no more. */
export const organisationUnpin: Command = async (context, _, options) => {
  const signed = await signShown(context, options, { operation: 'organisation.unpin', asked: {} });
  const { organisation_id, key_id } = signed.review.statement as Record<string, unknown>;
  context.output.say([`unpinned: ${visible(String(organisation_id))}`], {
    organisation_id,
    key_id,
  });
  return undefined;
};

/** `ioi policy organisation show` */
export const organisationShow: Command = async ({ daemon, output }) => {
  const { organisation } = await daemon.status();
  output.say(organisationView(organisation), organisation ?? {});
  return undefined;
};
