import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { compilePolicy, includes, wordsOutside } from '@ioi/law';
import type { FollowOrganisation, OrganisationPage, OrganisationPublication } from '@ioi/protocol';
import { organisationPageView, publicationView } from '../core/organisation-source-view.ts';
import { readTimeSpan } from '../core/time-span.ts';
import { visible } from '../core/visible.ts';
import { activeOrNone } from '../shell/active-rules.ts';
import { checkedPublication } from '../shell/checked-publication.ts';
import {
  type Command,
  type Context,
  flagOption,
  type Options,
  textOption,
} from '../shell/context.ts';
import { CommandFault, usageFault } from '../shell/fault.ts';
import { signShown } from '../shell/governance.ts';

const FINGERPRINT = /^(?:sha256:)?([0-9a-f]{64})$/;
const PATIENCE_MS = 60_000;

/** `ioi org enroll SOURCE --key FINGERPRINT`: looked at, pinned, accepted, followed. */
export const orgEnroll: Command = async (context, [given = ''], options) => {
  const { output, organisation } = context;
  const wanted = wantedIn(given, options);
  const before = await organisation.read();
  const pinned = before.organisation?.key_id;
  if (pinned !== undefined && pinned !== wanted.key_id) throw boundAlready(before);
  const publication = checkedPublication(await organisation.look(wanted), wanted.key_id);
  const outside = await outsideOf(context, publication);
  const lines = [...publicationView(publication), outsideLine(outside)];
  const { bundle, public_key } = publication;
  const { organisation_id, version } = bundle;
  if (flagOption(options, 'dryRun')) {
    const more = outside === undefined ? {} : { outside };
    output.say([...lines, 'nothing was changed'], { organisation_id, version, bundle, ...more });
    return undefined;
  }
  for (const line of lines) output.note(line);
  if (pinned === undefined) {
    const asked = { organisation_id, public_key };
    await signShown(context, options, { operation: 'organisation.pin', asked });
    await sealed(context, wanted.key_id);
  }
  const page = await organisation.follow(wanted);
  const held = page.organisation?.bundle?.version ?? '';
  output.say([`enrolled: ${visible(organisation_id)}, version ${visible(held)}`], page);
  return undefined;
};

/** `ioi org status` */
export const orgStatus: Command = async ({ organisation, output }) => {
  const page = await organisation.read();
  output.say(organisationPageView(page), page);
  return undefined;
};

/** `ioi org refresh` */
export const orgRefresh: Command = async ({ organisation, output }) => {
  const before = await organisation.read();
  const page = await organisation.refresh();
  const [old, now] = [before, page].map((each) => each.organisation?.bundle?.version);
  const line = old === now ? `nothing newer than version ${now}` : `accepted: version ${now}`;
  output.say([visible(line)], page);
  return undefined;
};

/** `ioi org leave`: the owner approves exactly this, and it stands in the log. */
export const orgLeave: Command = async (context, _, options) => {
  const { organisation, output } = context;
  const { organisation: bound } = await organisation.read();
  if (bound !== undefined) {
    await signShown(context, options, { operation: 'organisation.unpin', asked: {} });
    await sealed(context, undefined);
  }
  await organisation.forget();
  const name = bound?.organisation_id;
  const line = name === undefined ? 'no organisation bounded this node' : `left: ${visible(name)}`;
  output.say([line], { ...(name === undefined ? {} : { organisation_id: name }) });
  return undefined;
};

function wantedIn(given: string, options: Options): FollowOrganisation {
  const [, digits] = FINGERPRINT.exec(textOption(options, 'key') ?? '') ?? [];
  if (digits === undefined) {
    throw usageFault('--key takes a fingerprint, sha256: and 64 hexadecimal digits', 'ask for it');
  }
  const every = textOption(options, 'every') ?? '';
  const span = readTimeSpan(every);
  if (span === undefined) throw usageFault(`--every takes 90s, 5m or 12h, not ${every}`);
  // The node has another working folder.
  const source = existsSync(given) ? resolve(given) : given;
  return { source, key_id: `sha256:${digits}`, every_ms: Number(span) };
}

/** How the active policy goes further than what is published, or undefined. */
async function outsideOf(
  context: Context,
  { rules }: OrganisationPublication,
): Promise<string | undefined> {
  const active = await activeOrNone(context);
  return active && wordsOutside(includes(compilePolicy(rules), compilePolicy(active)));
}

function outsideLine(outside: string | undefined): string {
  if (outside === undefined) return '  your policy lies inside it, and decides as before';
  return visible(`  your policy goes further and is bounded: ${outside}`);
}

/** Until what was signed stands in the log as the node reads it. */
async function sealed({ organisation }: Context, keyId: string | undefined): Promise<void> {
  for (const since = Date.now(); Date.now() - since < PATIENCE_MS; await sleep(50)) {
    if ((await organisation.read()).organisation?.key_id === keyId) return;
  }
  const message = 'what was signed is not in the log yet';
  throw new CommandFault({
    exit: 'unexpected',
    code: 'organisation.moved',
    message,
    next: 'ioi log',
  });
}

function boundAlready({ organisation }: OrganisationPage): CommandFault {
  const message = `${organisation?.organisation_id} bounds this node already`;
  return new CommandFault({
    exit: 'usage',
    code: 'organisation.pinned',
    message,
    next: 'ioi org leave',
  });
}
