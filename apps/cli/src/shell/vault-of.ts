import { type Context, needNode } from './context.ts';
import { findSockets } from './home.ts';
import { type SecretUse, VaultApi } from './vault-api.ts';

/** The vault of this home's node. */
export function vaultOf({ home }: Context): VaultApi {
  needNode(home);
  return new VaultApi(findSockets(home));
}

/** Uses that are remembered, after a number. */
export async function allUses(vault: VaultApi, from: number): Promise<SecretUse[]> {
  const all: SecretUse[] = [];
  for (let after = from; ; ) {
    const page = await vault.uses(after);
    all.push(...page);
    const last = page.at(-1)?.number;
    if (last === undefined) return all;
    after = last;
  }
}
