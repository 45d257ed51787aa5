import { type ClassHead, type ObjectHead, objectKeys } from '@ioi/law';
import type { LogEntry, ProposeMigration, SchemaMigrationEnvelope } from '@ioi/protocol';
import { headClassOf } from '../core/domain-view.ts';
import { type MigrationState, migrationStateOf } from '../core/migration-plan.ts';
import type { Context } from './context.ts';
import { CommandFault } from './fault.ts';
import { newOperationId, type Speaker } from './submit.ts';

/** Objects an operation moves at most, and objects looked at in one read. */
const BATCH = 32;
const PAGE = 500;

const notAsked: Speaker = () => Promise.reject(new Error('nobody was to speak'));

/**
 * Moves a class from schema to schema by the operations of the objects module. All it goes by is
 * what the domain says: it can be interrupted anywhere, and another one goes on.
 */
export class MigrationDriver {
  readonly objectClass: string;
  readonly #context: Context;
  readonly #domain: string;
  readonly #speak: Speaker;
  /** Objects up to this id were seen at the schema in force. */
  #after = '';

  constructor(context: Context, domain: string, objectClass: string, speak: Speaker = notAsked) {
    this.#context = context;
    this.#domain = domain;
    this.objectClass = objectClass;
    this.#speak = speak;
  }

  async look(): Promise<{ readonly head: ClassHead; readonly domainId: string }> {
    const { domain_id: domainId } = await this.#domains.status(this.#domain);
    const key = objectKeys.objectClass(this.objectClass);
    const head = await this.#head<ClassHead>(key.headClass, key.id);
    if (head !== undefined) return { head, domainId };
    throw new CommandFault({
      exit: 'usage',
      code: 'class.unknown',
      message: `${this.objectClass} is no class of ${domainId}`,
      next: `ioi domain objects ${this.#domain} class`,
    });
  }

  async state(): Promise<MigrationState> {
    const { head } = await this.look();
    const [behind, objects] = [await this.#tally('behind'), await this.#tally(COUNT)];
    return migrationStateOf(this.objectClass, head, { behind, objects });
  }

  async propose(proposal: ProposeMigration): Promise<void> {
    await this.#speak({ operation: 'objects/migration.propose', payload: proposal });
  }

  /** From here on the earlier schema is the one to reach. */
  async turn(migration_id: string): Promise<void> {
    const payload = { migration_id, object_ids: [] };
    await this.#speak({ operation: 'objects/migration.rollback', payload });
  }

  /** Moves the next objects that are behind; how many it moved, none when all are there. */
  async moveSome(): Promise<number> {
    const { head } = await this.look();
    const { migration } = head;
    if (migration === undefined) return 0;
    const object_ids = await this.#behind(head);
    if (object_ids.length === 0) return 0;
    const word = migration.direction === 'forward' ? 'backfill' : 'rollback';
    const payload = { migration_id: migration.migration_id, object_ids };
    try {
      await this.#speak({ operation: `objects/migration.${word}`, payload });
    } catch (fault) {
      // A write of somebody else took one of them along meanwhile: they are read again.
      if (!isMoved(fault)) throw fault;
    }
    return object_ids.length;
  }

  async commit(migration_id: string): Promise<void> {
    const { head, domainId } = await this.look();
    if (head.migration?.migration_id !== migration_id) return;
    const proposed = await this.#proposal(migration_id);
    const operation_id = newOperationId();
    const plans = proposed.payload as unknown as ProposeMigration;
    const payload: SchemaMigrationEnvelope = {
      migration_id,
      domain_id: domainId,
      from_schema_version: head.migration.source.schema_version,
      to_schema_version: head.schema_version,
      proposed_operation_ref: `op://${proposed.operation_id}`,
      validation_receipt_refs: [],
      backfill_plan_ref: plans.backfill_plan_ref,
      rollback_plan_ref: plans.rollback_plan_ref,
      projection_rebuild_refs: [],
      committed_operation_ref: `op://${operation_id}`,
    };
    await this.#speak({ operation: 'objects/migration.commit', operation_id, payload });
  }

  get #domains() {
    return this.#context.daemon.domains;
  }

  async #proposal(migration_id: string): Promise<LogEntry> {
    const key = objectKeys.migration(migration_id);
    const head = await this.#head<{ proposed_seq: string }>(key.headClass, key.id);
    const before = Number(head?.proposed_seq ?? 0) - 1;
    const [entry] = (await this.#domains.log(this.#domain, before, 1)).entries;
    if (entry === undefined) throw new Error(`${migration_id} was never proposed`);
    return entry;
  }

  /** Ids at another schema than the one in force, in their order. */
  async #behind(head: ClassHead): Promise<string[]> {
    const headClass = headClassOf(this.objectClass);
    const ids: string[] = [];
    let after = this.#after;
    let isMore = true;
    while (isMore && ids.length < BATCH) {
      const page = await this.#domains.objects(this.#domain, headClass, { after, limit: PAGE });
      const behind = page.objects.filter(({ value }) => {
        return (value as ObjectHead).schema_version !== head.schema_version;
      });
      ids.push(...behind.map(({ id }) => id));
      isMore = page.objects.length === PAGE;
      after = page.objects.at(-1)?.id ?? after;
      if (ids.length === 0) this.#after = after;
    }
    return ids.slice(0, BATCH);
  }

  async #tally(id: string): Promise<number> {
    const key = objectKeys.tally(this.objectClass, id);
    const head = await this.#head<{ total: string }>(key.headClass, key.id);
    return Number(head?.total ?? 0);
  }

  async #head<T>(headClass: string, id: string): Promise<T | undefined> {
    try {
      return (await this.#domains.object(this.#domain, headClass, id)).value as T;
    } catch (fault) {
      if (fault instanceof CommandFault && fault.about.code === 'object.unknown') return undefined;
      throw fault;
    }
  }
}

/** As the objects module names the tally of all objects of a class. */
const COUNT = '{"measure":"count"}';

function isMoved(fault: unknown): boolean {
  return fault instanceof CommandFault && fault.about.code === 'migration.not_behind';
}
