import { builtInProjections, type Table, tableOf } from '@ioi/agentgres';
import type { BridgeTable } from './table-rows.ts';

const NAME_MAX = 63;
export const NODE_SCHEMA = 'node';
const TAKEN: readonly string[] = [NODE_SCHEMA, 'agentgres', 'public', 'information_schema'];

/** Columns that every table of PostgreSQL has. */
const SYSTEM_COLUMNS: readonly string[] = ['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid'];

/** A schema for a domain: its name in characters that need no quotes, and no other's. */
export function schemaName(domainName: string, taken: ReadonlySet<string>): string {
  const plain = domainName.toLowerCase().replaceAll(/[^a-z0-9]/g, '_');
  const begun = /^([0-9]|pg_)/.test(plain) ? `d_${plain}` : plain;
  const isTaken = (name: string): boolean => taken.has(name) || TAKEN.includes(name);
  let name = begun.slice(0, NAME_MAX);
  for (let at = 2; isTaken(name); at += 1) name = `${begun.slice(0, NAME_MAX - 6)}_${at}`;
  return name;
}

/**
 * The tables of a domain: its built-in projections, and the definitions that are its own. Where a
 * name is there twice the earlier one has it; what PostgreSQL takes for no table is left out.
 */
export function tablesOf(schema: string, definitions: readonly unknown[]): BridgeTable[] {
  const found = new Map<string, BridgeTable>();
  for (const definition of [...builtInProjections, ...definitions]) {
    const table = tableOf(definition);
    if (!table.ok || !isHeld(table.value)) continue;
    const name = nameOf(table.value);
    if (!found.has(name)) found.set(name, { schema, name, table: table.value });
  }
  return [...found.values()];
}

/** JSON has no order, so that no key is made of it. */
function isHeld({ columns, keySize }: Table): boolean {
  const hasJsonKey = columns.slice(0, keySize).some(({ type }) => type === 'json');
  return !hasJsonKey && !columns.some(({ name }) => SYSTEM_COLUMNS.includes(name));
}

/** The last part of the projection's name, as SQL writes names. */
function nameOf({ definition }: Table): string {
  return definition.projection
    .slice(definition.projection.lastIndexOf('/') + 1)
    .replaceAll('-', '_')
    .slice(0, NAME_MAX);
}
