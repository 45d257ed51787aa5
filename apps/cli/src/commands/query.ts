import type { ConsistencyLevel, ProjectionsPage, QueryRequest } from '@ioi/protocol';
import { tabbed, table } from '../core/columns.ts';
import { whereOf } from '../core/query-arguments.ts';
import { cellsOf, csvOf, shortName } from '../core/row-view.ts';
import {
  type Command,
  type Context,
  countOption,
  flagOption,
  type Options,
  textOption,
} from '../shell/context.ts';
import { usageFault } from '../shell/fault.ts';

type Listed = ProjectionsPage['projections'][number];

const CELL_COLUMNS = 28;
const LIMIT = 100;

/** `ioi query PROJECTION [--domain D]`: rows of a projection, with the watermark they are of. */
export const query: Command = async (context, [name = ''], options) => {
  const listed = await findProjection(context, name, textOption(options, 'domain'));
  const request = requestOf(listed, options);
  const answer = await context.daemon.query(request);
  const { output } = context;
  const { columns } = listed;
  if (flagOption(options, 'csv')) output.raw(csvOf(answer.rows, columns));
  else if (output.json) output.raw(answer.rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  else {
    const rows = answer.rows.map((row) => cellsOf(row, columns));
    const shown = columns.map((column) => ({
      title: column.name.toUpperCase(),
      most: CELL_COLUMNS,
    }));
    if (output.plain) output.say(tabbed(rows), undefined);
    else output.say(rows.length === 0 ? ['no rows'] : table(shown, rows), undefined);
  }
  output.note(`${answer.watermark}, ${answer.consistency}`);
  if (answer.next !== undefined) output.note(`more: the same with --after ${answer.next}`);
  return undefined;
};

/** The projection a person means, with its columns; without a domain, of the node's own log. */
export async function findProjection(
  { daemon }: Context,
  name: string,
  domain: string | undefined,
): Promise<Listed> {
  const { projections } = await daemon.projections(domain);
  const isNamed = ({ projection }: Listed) => projection === name || shortName(projection) === name;
  // A name of every domain goes before the same of this domain alone.
  const found =
    projections.find(isNamed) ??
    projections.find(({ projection }) => projection.endsWith(`/${name}`));
  if (found !== undefined) return found;
  const where = domain === undefined ? '' : ` --domain ${domain}`;
  throw usageFault(`there is no projection ${name}`, `ioi projections${where}`);
}

/** Conditions of `--where`, as the projection's columns want them. */
export function whereFor({ columns, projection }: Listed, options: Options) {
  const conditions = Array.isArray(options['where']) ? (options['where'] as string[]) : [];
  const where = whereOf(conditions, columns);
  if (where.ok) return where.value;
  throw usageFault(where.error.message, `ioi query ${shortName(projection)} --limit 1`);
}

function requestOf(listed: Listed, options: Options): QueryRequest {
  const domain = textOption(options, 'domain');
  const order = textOption(options, 'order');
  const after = textOption(options, 'after');
  const watermark = textOption(options, 'watermark');
  const otherwise = watermark === undefined ? 'linearized_domain' : 'projection_consistent';
  return {
    ...(domain === undefined ? {} : { domain }),
    projection: listed.projection,
    consistency: (textOption(options, 'consistency') ?? otherwise) as ConsistencyLevel,
    where: whereFor(listed, options),
    limit: countOption(options, 'limit', LIMIT),
    ...(order === undefined ? {} : { order: order.split(',') }),
    ...(after === undefined ? {} : { after }),
    ...(watermark === undefined ? {} : { watermark }),
  };
}
