import type { Command as Program } from 'commander';
import { gathered } from './gathered.ts';
import type { Command } from './shell/context.ts';

export type Load = () => Promise<Command>;
export type Add = (words: string, about: string, load: Load) => Program;
/** A command with commands of its own. */
export type Group = (name: string, about: string) => Add;

/** Chains, modules, upgrades, settlements; `owned` adds what asking for the owner's key takes. */
export function addGovernanceCommands(group: Group, owned: Owned, upgrade: Add): void {
  addChainCommands(group('chain', 'governed chains of this node'), owned);
  addModuleCommands(group('module', 'governed service modules'), owned);
  addUpgradeCommands(upgrade, owned);
  addSettlementCommands(group('settlement', 'what moved between chains of this node'), owned);
}

type Owned = (command: Program) => Program;

const POLICY = '--policy <policy>';
const STATE_ABOUT = 'its first state: a digest, or a file to take the digest of';

function addChainCommands(add: Add, owned: Owned): void {
  const load = () => import('./commands/chain.ts');
  owned(add('create <manifest>', 'sign a new chain', async () => (await load()).chainCreate))
    .option('--ref <uri>', 'where its manifest is; else it is named by its digest')
    .option(POLICY, 'its policy, as a file or a hash; else the one that is active')
    .option('--state <digest>', STATE_ABOUT)
    .option('--controller <file>', 'the public key that moves it; else your own');
  owned(
    add('advance <chain> <state>', 'sign a transition to a new state root', async () => {
      return (await load()).chainAdvance;
    }),
  );
  add('list', 'every chain', async () => (await load()).chainList);
  add('show <chain>', 'a chain, its modules and its upgrades', async () => {
    return (await load()).chainShow;
  });
}

function addModuleCommands(add: Add, owned: Owned): void {
  const load = () => import('./commands/module.ts');
  owned(
    add('register <manifest>', 'sign that a module is governed', async () => {
      return (await load()).moduleRegister;
    }),
  )
    .option('--chain <chain>', 'the chain it is part of')
    .option(POLICY, 'a policy of its own, as a file or a hash');
  withReason(
    owned(
      add('swap <module> <manifest>', 'sign another manifest for it', async () => {
        return (await load()).moduleSwap;
      }),
    ),
  ).option(POLICY, 'another policy of its own, as a file or a hash');
  add('list', 'every manifest, standing or replaced', async () => (await load()).moduleList);
  add('show <module>', 'all versions of a module', async () => (await load()).moduleShow);
}

function withReason(command: Program): Program {
  return command
    .option('--because <text>', 'why, in a sentence')
    .option('--justification <file>', 'why, as a MutationJustification');
}

function addUpgradeCommands(add: Add, owned: Owned): void {
  const load = () => import('./commands/upgrade.ts');
  withReason(
    add('propose <chain>', 'propose a change; nothing changes yet', async () => {
      return (await load()).upgradePropose;
    }),
  )
    .option('--module <manifest>', 'another manifest for a module of the chain')
    .option(POLICY, 'another policy for the chain, as a file or a hash')
    .option('--kind <kind>', 'workflow, tool, model_route or schema, with --ref and --to')
    .option('--ref <uri>', 'what of this kind')
    .option('--to <digest>', 'what it becomes: a digest, or a file to take the digest of')
    .option('--as <agent>', 'who proposes: agent://…; else you');
  add('simulate <proposal>', 'try it on what was recorded', async () => {
    return (await import('./commands/upgrade-simulate.ts')).upgradeSimulate;
  })
    .option('--actions <count>', 'how many recorded actions a policy is run over; 1000')
    .option('--max-changed <count>', 'fail when more verdicts change')
    .option(POLICY, 'the proposed policy, where it was proposed elsewhere')
    .option('--results <file>', 'what an evaluation gave, for anything but a policy')
    .option('--failed', 'it did not pass')
    .option('--out <file>', 'keep what the simulation of a policy gave');
  owned(
    add('decide <proposal> <verdict>', 'sign approve, reject or escalate', async () => {
      return (await load()).upgradeDecide;
    }),
  );
  add('commit <proposal>', 'make what was approved take effect', async () => {
    return (await load()).upgradeCommit;
  });
  owned(
    add('roll-back <proposal>', 'sign the way back, and go it', async () => {
      return (await load()).upgradeRollBack;
    }),
  );
  add('list', 'every proposal', async () => (await load()).upgradeList);
  add('show <proposal>', 'where it stands, and what was decided', async () => {
    return (await load()).upgradeShow;
  });
}

function addSettlementCommands(add: Add, owned: Owned): void {
  const load = () => import('./commands/settlement.ts');
  owned(
    add('record <from> <to>', 'sign what one chain gave another', async () => {
      return (await load()).settlementRecord;
    }),
  )
    .option('--content <digest>', 'what was given: a digest or a file; repeatable', gathered, [])
    .option('--pay <money>', "what <to> pays <from> for it, such as '12.5 labor_gas'");
  add('list', 'every settlement', async () => (await load()).settlementList);
}
