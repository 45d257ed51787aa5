import type { ServerStatus, ToolStatus } from '@ioi/protocol';
import type { Paint } from './paint.ts';
import { sizeText } from './size-text.ts';
import { clipped, visible } from './visible.ts';

/** One server: whether it is there, and of its tools those a person should look at. */
export function serverLines(server: ServerStatus, paint: Paint): string[] {
  const {
    name,
    state,
    detail,
    protocol_version: version,
    resources,
    prompts,
    tools,
    said,
    unseen = [],
  } = server;
  const { limits } = server;
  const counts = [
    `${tools.length} tools`,
    `${resources ?? 0} resources`,
    `${prompts ?? 0} prompts`,
  ];
  const isReady = state === 'ready';
  const bounds = server.sandboxed === true ? ', in a sandbox' : '';
  const about = isReady
    ? `MCP ${version ?? '?'}, ${counts.join(', ')}${bounds}`
    : clipped(detail ?? '', 160);
  const shown = paint(isReady ? 'green' : 'red', state);
  const hasNew = tools.some(({ code }) => code === 'contract.description_changed') || unseen.length;
  const seen = hasNew && said !== undefined ? [`  it says now: ${said}`] : [];
  return [
    `${visible(name)}  ${shown}  ${visible(about)}`,
    ...limitLines(limits),
    ...tools.flatMap(toolLines),
    ...unseenLines(unseen),
    ...seen,
  ];
}

function limitLines(limits: ServerStatus['limits']): string[] {
  if (limits === undefined) return [];
  const { calls_per_minute: calls, answer_bytes: bytes, seconds, at_once: most } = limits;
  const said = [
    ...(calls === undefined ? [] : [`${calls} calls a minute`]),
    ...(most === undefined ? [] : [`${most} at once`]),
    ...(seconds === undefined ? [] : [`${seconds} s each`]),
    ...(bytes === undefined ? [] : [`answers of ${sizeText(bytes)}`]),
  ];
  return [`  held to ${said.join(', ')}`];
}

const MOST_NAMED = 8;

function unseenLines(unseen: NonNullable<ServerStatus['unseen']>): string[] {
  const lines = unseen.slice(0, MOST_NAMED).map(({ kind, name }) => {
    const withheld = kind === 'resources' ? 'shown without its words' : 'not shown';
    return `  ${visible(name)}: ${withheld}, new or described otherwise`;
  });
  const more = unseen.length - MOST_NAMED;
  return more > 0 ? [...lines, `  and ${more} more`] : lines;
}

function toolLines({ name, code, warnings = [], hidden }: ToolStatus): string[] {
  const lines: string[] = [];
  if (code !== undefined) lines.push(`  ${visible(name)}: blocked, ${code}`);
  if (hidden === true) lines.push(`  ${visible(name)}: hidden, the policy lets no call pass`);
  for (const warning of warnings) lines.push(`  ${visible(name)}: suspicious, ${visible(warning)}`);
  return lines;
}
