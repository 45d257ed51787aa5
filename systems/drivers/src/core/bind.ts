import { err, ok, type Result } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import type { RuntimeToolContract } from '@ioi/protocol';
import type { ListedTool } from './answer.ts';

export type BindError = {
  readonly code: 'contract.missing' | 'contract.schema_changed';
  readonly message: string;
};

/**
 * The contract for a tool as its upstream lists it now (whitepaper 2.6.5). A tool nobody wrote a
 * contract for is refused, and so is one whose input schema is no longer what the contract pins:
 * a description may change freely, what goes into the tool may not.
 */
export function bindContract(
  catalogue: readonly RuntimeToolContract[],
  server: string,
  listed: ListedTool,
): Result<RuntimeToolContract, BindError> {
  const named = catalogue.filter((each) => each.server === server && each.tool === listed.name);
  const known = named[0];
  if (known === undefined) {
    const message = `no contract for the tool ${listed.name} of ${server}`;
    return err({ code: 'contract.missing', message });
  }
  const digest = digestOf(listed.inputSchema);
  const bound = digest.ok ? named.find((each) => each.schema_hash === digest.value) : undefined;
  if (bound !== undefined) return ok(bound);
  const message = `the input schema of ${listed.name} is not the one of contract ${known.version}`;
  return err({ code: 'contract.schema_changed', message });
}
