import { tabbed, table } from '../core/columns.ts';
import { operationRows } from '../core/operation-rows.ts';
import type { Command } from '../shell/context.ts';

const COLUMNS = [
  { title: 'METHOD', most: 6 },
  { title: 'PATH', most: 60 },
  { title: 'SUMMARY', most: 100 },
];

/** `ioi api`: what can be asked of the node over HTTP; as JSON, the OpenAPI document itself. */
export const api: Command = async ({ daemon, output }) => {
  const document = await daemon.openApi();
  const rows = operationRows(document);
  output.say(output.plain ? tabbed(rows) : table(COLUMNS, rows), document);
  return undefined;
};
