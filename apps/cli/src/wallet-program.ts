import type { Command as Program } from 'commander';
import { addAuthorityCommands } from './authority-program.ts';
import type { Add, Group } from './governance-program.ts';
import { addIdentityCommands } from './identity-program.ts';
import { addLevelCommands } from './level-program.ts';
import { addSessionPrograms } from './session-program.ts';
import { addVaultCommands } from './vault-program.ts';

type Below = (parent: Program) => Add;
type Owned = (command: Program) => Program;

/** What a person does about authority and secrets; below `ioi wallet`. */
export function addWalletCommands(add: Add, group: Group, owned: Owned, below: Below): void {
  addIdentityCommands(add, group);
  addAuthorityCommands(add, owned);
  addVaultCommands(add, group, owned);
  addSessionPrograms(add, group, owned);
  addLevelCommands(add, owned, below);
}
