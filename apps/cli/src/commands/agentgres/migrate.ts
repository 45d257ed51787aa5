import { type MigrationState, migrationLine, proposalOf } from '../../core/migration-plan.ts';
import { visible } from '../../core/visible.ts';
import {
  type Command,
  type Context,
  flagOption,
  type Options,
  textOption,
} from '../../shell/context.ts';
import { CommandFault, usageFault } from '../../shell/fault.ts';
import { objectFile } from '../../shell/json-argument.ts';
import { MigrationDriver } from '../../shell/migration-driver.ts';
import { withProgress } from '../../shell/progress.ts';
import { speakerOf } from '../../shell/submit.ts';

/**
 * `ioi agentgres migrate CLASS --domain D (--to FILE | --rollback | --status)`: takes a class to
 * its next schema, or back. What was interrupted goes on from where it stands.
 */
export const migrate: Command = async (context, [objectClass = ''], options) => {
  const domain = domainIn(options);
  const to = textOption(options, 'to');
  const isBack = flagOption(options, 'rollback');
  if (flagOption(options, 'status')) {
    const state = await new MigrationDriver(context, domain, objectClass).state();
    return said(context, state);
  }
  if ((to === undefined) === !isBack) throw usageFault('say --to FILE, --rollback or --status');
  // Read before anything is asked of anyone.
  const written = to === undefined ? undefined : objectFile(to);
  const speak = await speakerOf(context, domain, options);
  const driver = new MigrationDriver(context, domain, objectClass, speak);
  if (written === undefined) await rollBack(context, driver);
  else await goForward(context, driver, written);
  return said(context, await driver.state());
};

async function goForward(
  context: Context,
  driver: MigrationDriver,
  written: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { head, domainId } = await driver.look();
  const proposal = proposalOf(written, {
    domain_id: domainId,
    object_class: driver.objectClass,
    // While it runs, the form it came from is where the author began.
    head: head.migration ? { ...head, schema_version: head.migration.source.schema_version } : head,
  });
  if (!proposal.ok)
    throw usageFault(proposal.error.message, 'docs/guides/agentgres.md, migrations');
  const { migration_id, to_schema_version } = proposal.value;
  if (head.migration === undefined) {
    if (head.schema_version === to_schema_version) {
      context.output.note(`${visible(driver.objectClass)} is at ${to_schema_version} already`);
      return;
    }
    await driver.propose(proposal.value);
  } else refuseOther(head.migration, migration_id);
  await moveAll(context, driver, 'migrating');
  await driver.commit(migration_id);
}

async function rollBack(context: Context, driver: MigrationDriver): Promise<void> {
  const { head } = await driver.look();
  if (head.migration === undefined) {
    context.output.note(`no migration of ${visible(driver.objectClass)} runs`);
    return;
  }
  await driver.turn(head.migration.migration_id);
  await moveAll(context, driver, 'rolling back');
}

function moveAll({ output }: Context, driver: MigrationDriver, what: string): Promise<void> {
  return withProgress(output, what, async (tell) => {
    for (;;) {
      const left = await driver.moveSome();
      const { running } = await driver.state();
      if (running) tell(running.objects - running.behind, running.objects);
      if (left === 0) return;
    }
  });
}

function refuseOther(
  { migration_id, direction }: { readonly migration_id: string; readonly direction: string },
  wanted: string,
): void {
  if (migration_id === wanted && direction === 'forward') return;
  const isBack = direction === 'back';
  throw new CommandFault({
    exit: 'usage',
    code: isBack ? 'migration.rolling_back' : 'migration.another_runs',
    message: `${migration_id} ${isBack ? 'is being rolled back' : 'runs'}, not ${wanted}`,
    next: 'ioi agentgres migrate CLASS --domain D --status',
  });
}

function domainIn(options: Options): string {
  const domain = textOption(options, 'domain');
  if (domain === undefined) throw usageFault('say which domain: --domain D', 'ioi domain list');
  return domain;
}

function said({ output }: Context, state: MigrationState): undefined {
  output.say([visible(migrationLine(state))], state);
  return undefined;
}
