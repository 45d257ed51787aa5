import type { Command as Program } from 'commander';
import { gathered } from './gathered.ts';
import type { Add } from './governance-program.ts';

type Owned = (command: Program) => Program;

const SCOPE_ABOUT = 'scope:…; repeatable';
const RESOURCE_ABOUT = 'where: file:///…/**, https://…/*, tool://server/**; repeatable';
const AS_MANAGER = '--as-manager <keyfile>';
const PRIM_ABOUT = 'prim:…; repeatable';

/** What is asked for, given, handed on and taken back; below `ioi wallet`. */
export function addAuthorityCommands(add: Add, owned: Owned): void {
  addListingCommands(add);
  addGivingCommands(add, owned);
  addEndingCommands(add, owned);
}

function addListingCommands(add: Add): void {
  const load = () => import('./commands/wallet/authority.ts');
  add('requests', 'scopes that agents wait for', async () => (await load()).walletRequests);
  add('grants', 'what was given to whom, and what is left of it', async () => {
    return (await load()).walletGrants;
  }).option('--all', 'those that ended, too');
  add('leases', 'grants in force that are for more than one act', async () => {
    return (await load()).walletLeases;
  });
  add('certificates', 'keys that act by delegation, each below its issuer', async () => {
    return (await load()).walletCertificates;
  }).option('--all', 'those that ended, too');
}

function addGivingCommands(add: Add, owned: Owned): void {
  const load = () => import('./commands/wallet/grant.ts');
  const bounded = (command: Program): Program =>
    command
      .option('--scope <scope>', SCOPE_ABOUT, gathered, [])
      .option('--prim <capability>', PRIM_ABOUT, gathered, [])
      .option('--resource <resource>', RESOURCE_ABOUT, gathered, [])
      .option('--budget <usd>', 'US dollars that may be spent in all, such as 10 or 2.50')
      .option('--calls <count>', 'so many acts and no more')
      .option('--for <time>', 'how long it holds, such as 90m, 8h or 2d')
      .option('--ask-for <class>', 'a person is asked all the same; repeatable', gathered, []);
  const given = (command: Program): Program =>
    bounded(owned(command))
      .option('--region <policy>', 'a policy file: only what it allows')
      .option(AS_MANAGER, 'sign with the key of a certificate, out of what it may do itself');
  given(
    add('grant <request>', 'sign what a request asks for, or what you say instead', async () => {
      return (await load()).walletGrant;
    }),
  ).option('--lease', 'for acts like it as well, not for the one that waits alone');
  owned(
    add('deny-request <request>', 'sign that it gets nothing', async () => {
      return (await load()).walletDeny;
    }),
  ).option('--reason <text>', 'what the record says about it');
  bounded(
    add('ask <subject>', 'ask for scopes on behalf of agent://… ahead of any act', async () => {
      return (await load()).walletAsk;
    }),
  )
    .option('--sign <keyfile>', 'with the key of a certificate of that subject')
    .option('--passphrase-file <file>', 'read its passphrase from a file, or - for standard input');
  given(
    add('delegate <subject> <keyfile>', 'sign a certificate for a key of worker://…', async () => {
      return (await load()).walletDelegate;
    }),
  );
  add('bring <file>', 'what the key of a certificate signed: {operation, payload}', async () => {
    return (await load()).walletBring;
  });
}

function addEndingCommands(add: Add, owned: Owned): void {
  const load = () => import('./commands/wallet/revoke.ts');
  owned(
    add('revoke <id>', 'end a grant, or a certificate and all that hangs below it', async () => {
      return (await load()).walletRevoke;
    }),
  );
  owned(
    add('revoke-all', 'end every grant, certificate and approval given so far', async () => {
      return (await load()).walletRevokeAll;
    }),
  );
}
