import type { Command as Program } from 'commander';
import { gathered } from './gathered.ts';
import type { Add, Group } from './governance-program.ts';

type Owned = (command: Program) => Program;

const NAMED = '--as <organisation>';
const NAMED_ABOUT = 'its name, org://…; else one made from its key';

/** What bounds the policy of a node. `add` and `group` are those of `ioi policy`. */
export function addLayerCommands(add: Add, group: Group, owned: Owned): void {
  add('effective [id]', 'the layers in force, and which decides a request', async () => {
    return (await import('./commands/policy-effective.ts')).policyEffective;
  })
    .option('--target <target>', 'a request that could come')
    .option('--param <name=value>', 'a parameter of it, as text or JSON; repeatable', gathered, [])
    .option('--fact <name=value>', 'a fact it would meet; repeatable', gathered, []);
  addOrganisationCommands(group('organisation', 'whose bundles bound this node'), owned);
  addBundleCommands(group('bundle', 'the rules of an organisation, signed'));
}

function addOrganisationCommands(add: Add, owned: Owned): void {
  const load = () => import('./commands/organisation.ts');
  owned(
    add('pin <keyfile>', 'let bundles of this key bound the node', async () => {
      return (await load()).organisationPin;
    }),
  ).option(NAMED, NAMED_ABOUT);
  owned(
    add('unpin', 'no longer be bounded; takes an approval', async () => {
      return (await load()).organisationUnpin;
    }),
  );
  add('show', 'who bounds this node, and with what', async () => {
    return (await load()).organisationShow;
  });
}

function addBundleCommands(add: Add): void {
  const load = () => import('./commands/policy-bundle.ts');
  add('sign <policy>', 'make a bundle of a policy, with the key of the organisation', async () => {
    return (await load()).bundleSign;
  })
    .requiredOption('--key <keyfile>', 'the key file of the organisation')
    .requiredOption('--number <version>', 'its version; it never goes down on a node')
    .requiredOption('--out <file>', 'where to write it')
    .option('--max-age <time>', 'when it is too old: 90s, 12h, 30d', '30d')
    .option('--stale <rule>', 'and then: block, ask or keep', 'ask')
    .option(NAMED, NAMED_ABOUT)
    .option('--passphrase-file <file>', 'read the passphrase from a file, or -');
  add('accept <file>', 'let it bound this node', async () => (await load()).bundleAccept);
}
