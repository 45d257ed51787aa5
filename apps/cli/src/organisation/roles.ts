import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { offboardedIn } from '../core/organisation-roles.ts';
import { rolesView } from '../core/role-view.ts';
import { visible } from '../core/visible.ts';
import type { Command } from '../shell/context.ts';
import { usageFault } from '../shell/fault.ts';
import { readJson } from '../shell/governance.ts';
import { findSockets } from '../shell/home.ts';
import { daemonOf, signInOf } from '../shell/role-session.ts';
import { RolesApi } from '../shell/roles-api.ts';
import { orgPublish, SOURCE } from './publish.ts';

/** `ioi org roles`: which group is which role, and who is signed in. */
export const orgRoles: Command = async ({ home, output }) => {
  const page = await new RolesApi(daemonOf(signInOf(home), findSockets(home).daemon)).page();
  output.say(rolesView(page), page);
  return undefined;
};

/** `ioi org offboard FOLDER SUBJECT --out PUBLIC`: written down, and published at once. */
export const orgOffboard: Command = async (context, [folder = '', subject = ''], options) => {
  const path = join(folder, SOURCE);
  const file = offboardedIn(readJson(path), subject);
  if (file === undefined) throw usageFault(`${path} gives no roles`, 'docs/guides/roles.md');
  writeFileSync(path, `${JSON.stringify(file, undefined, 2)}\n`);
  context.output.note(`${visible(subject)} has no role from the next version on`);
  return orgPublish(context, [folder], options);
};
