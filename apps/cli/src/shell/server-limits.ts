import type { ServerEntry } from '../core/mcp-servers.ts';
import { readSize } from '../core/size-text.ts';
import { type Options, textOption } from './context.ts';
import { usageFault } from './fault.ts';

/** Of `ioi mcp add` and `ioi mcp limit`, by what node.json calls them. */
const FIELDS = {
  callsPerMinute: 'calls_per_minute',
  answerBytes: 'answer_bytes',
  seconds: 'seconds',
  atOnce: 'calls_max',
} as const;
type Field = (typeof FIELDS)[keyof typeof FIELDS];
const COUNT = /^[1-9][0-9]{0,8}$/;

/** What a server is to be held to, as far as it was said; `none` takes a limit away. */
function serverLimits(options: Options): Partial<Record<Field, number | 'none'>> {
  const said = Object.entries(FIELDS).flatMap(([option, field]): [Field, number | 'none'][] => {
    const text = textOption(options, option);
    if (text === undefined) return [];
    if (text === 'none') return [[field, text]];
    const size = field === 'answer_bytes' ? readSize(text) : undefined;
    const value = size ?? (COUNT.test(text) ? Number(text) : undefined);
    if (value !== undefined) return [[field, value]];
    const flag = option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw usageFault(`--${flag} takes a count or none, not ${text}`, 'ioi mcp limit --help');
  });
  return Object.fromEntries(said);
}

/** The entry, held to what was said as well. */
export function limited(entry: ServerEntry, options: Options): ServerEntry {
  const changed = { ...entry, ...serverLimits(options) };
  const kept = Object.entries(changed).filter(([, value]) => value !== 'none');
  return Object.fromEntries(kept) as ServerEntry;
}
