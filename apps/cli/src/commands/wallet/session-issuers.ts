import { listLines, type Shown } from '../../core/governance-view.ts';
import { matchId, shortId } from '../../core/match-id.ts';
import { readTimeSpan } from '../../core/time-span.ts';
import { visible } from '../../core/visible.ts';
import { type Command, listOption, type Options, textOption } from '../../shell/context.ts';
import { usageFault } from '../../shell/fault.ts';
import { readJson } from '../../shell/governance.ts';
import { timeText } from '../../shell/time.ts';
import { apiOf, fullName } from './sessions.ts';

const MOST_STALE_MS = 86_400_000n;
const COLUMNS: readonly Shown[] = [
  { title: 'ISSUER', most: 12, of: 'issuer_id', isId: true },
  { title: 'NODE', most: 60, of: 'node_id' },
  { title: 'KNOWN AS OF', most: 20, of: 'as_of' },
  { title: 'REVOKED', most: 8, of: 'revoked' },
  { title: 'READS AT MOST', most: 60, of: 'projection_scope' },
];

/** `ioi wallet session trust FILE --read PROJECTION` */
export const sessionTrust: Command = async (context, [path = ''], options) => {
  const reads = listOption(options, 'read').map(fullName);
  if (reads.length === 0) {
    throw usageFault('say what they may read here at most: --read actions, or projection://*/*');
  }
  const given = readJson(path);
  const about = typeof given === 'object' && given !== null ? given : {};
  const issuer = await apiOf(context).pin({
    ...about,
    projection_scope: reads,
    max_staleness_ms: Number(stalenessOf(options)),
  });
  const lines = [`sessions of ${visible(issuer.issuer_id)} are taken here`];
  context.output.say(lines, issuer);
  context.output.note('next, and again and again: ioi wallet session learn FILE');
  return undefined;
};

/** `ioi wallet session learn FILE` */
export const sessionLearn: Command = async (context, [path = ''], _options) => {
  const word = await apiOf(context).learn(readJson(path));
  const line = `as of ${timeText(word.as_of)}, ${word.revoked.length} revoked`;
  context.output.say([line], word);
  return undefined;
};

/** `ioi wallet session trusted` */
export const sessionTrusted: Command = async (context) => {
  const issuers = await apiOf(context).pinned();
  const rows = issuers.map(({ issuer, revocations: word }) => ({
    ...issuer,
    as_of: word === undefined ? 'nothing' : timeText(word.as_of),
    revoked: word?.revoked.length ?? 0,
  }));
  context.output.say(listLines(COLUMNS, rows, context.output.plain), { issuers });
  return undefined;
};

/** `ioi wallet session distrust ISSUER` */
export const sessionDistrust: Command = async (context, [given = '']) => {
  const api = apiOf(context);
  const ids = (await api.pinned()).map(({ issuer }) => issuer.issuer_id);
  const found = matchId(given, ids);
  if (!found.ok) throw usageFault(found.error.message, 'ioi wallet session trusted');
  await api.forget(found.value);
  const line = `sessions of ${shortId(found.value)} are taken no more`;
  context.output.say([line], { issuer_id: found.value });
  return undefined;
};

function stalenessOf(options: Options): bigint {
  const text = textOption(options, 'maxStale') ?? '1h';
  const span = readTimeSpan(text);
  if (span !== undefined && span >= 1000n && span <= MOST_STALE_MS) return span;
  throw usageFault(`--max-stale takes 1s to 1d, not ${text}`);
}
