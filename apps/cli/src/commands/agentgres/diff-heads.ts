import { headClassOf } from '../../core/domain-view.ts';
import { diffClass, type HeadDifference } from '../../core/heads-diff.ts';
import type { Colour } from '../../core/paint.ts';
import { clipped, visible } from '../../core/visible.ts';
import { type Command, type Context, countOption, textOption } from '../../shell/context.ts';
import { type HeadSource, headSource } from '../../shell/head-source.ts';
import { withProgress } from '../../shell/progress.ts';

const LIMIT = 100;
const VALUE_COLUMNS = 96;
const SIGNS = { added: '+', removed: '-', changed: '~' } as const;
const COLOURS = { added: 'green', removed: 'red', changed: 'yellow' } as const satisfies Record<
  HeadDifference['change'],
  Colour
>;

/**
 * `ioi agentgres diff-heads A B [--class C] [--limit N]`: objects of two states. A and B are each a
 * domain, a domain at a place in its log, or an export.
 */
export const diffHeads: Command = async (context, [a = '', b = ''], options) => {
  const { output } = context;
  const [one, other] = [await headSource(context, a), await headSource(context, b)];
  const only = textOption(options, 'class');
  const differences = await compare(context, [one, other], only && headClassOf(only));
  const limit = countOption(options, 'limit', LIMIT);
  const shown = differences.slice(0, limit);
  const counts = countsOf(differences);
  const lines = [
    `- ${sourceText(one)}`,
    `+ ${sourceText(other)}`,
    ...shown.flatMap((each) => differenceLines(each, context)),
    ...(shown.length < differences.length ? [`and ${differences.length - shown.length} more`] : []),
    `${counts.added} added, ${counts.removed} removed, ${counts.changed} changed`,
  ];
  output.say(lines, { a: aboutOf(one), b: aboutOf(other), counts, differences: shown });
  return undefined;
};

async function compare(
  { output }: Context,
  [one, other]: readonly [HeadSource, HeadSource],
  only: string | undefined,
): Promise<HeadDifference[]> {
  if (one.stateRoot === other.stateRoot) return [];
  const all = [...new Set([...one.classes, ...other.classes])].sort();
  const classes = all.filter((each) => only === undefined || each === only);
  return withProgress(output, 'comparing', async (tell) => {
    const found: HeadDifference[] = [];
    for (const [done, headClass] of classes.entries()) {
      tell(done, classes.length);
      const [first, second] = [await one.heads(headClass), await other.heads(headClass)];
      for (const difference of diffClass(headClass, first, second)) found.push(difference);
    }
    return found;
  });
}

function countsOf(differences: readonly HeadDifference[]) {
  const count = (change: HeadDifference['change']): number => {
    return differences.filter((each) => each.change === change).length;
  };
  return { added: count('added'), removed: count('removed'), changed: count('changed') };
}

function differenceLines(difference: HeadDifference, { output }: Context): string[] {
  const { head_class, id, change, before, after } = difference;
  const name = `${SIGNS[change]} ${visible(head_class)}/${visible(id)}`;
  const value = (sign: string, part: unknown): string[] => {
    return part === undefined
      ? []
      : [`    ${sign} ${clipped(JSON.stringify(part), VALUE_COLUMNS)}`];
  };
  return [output.paint(COLOURS[change], name), ...value('-', before), ...value('+', after)];
}

function sourceText(source: HeadSource): string {
  return `${visible(source.name)}  ${source.size} entries, ${visible(source.stateRoot)}`;
}

function aboutOf({ name, size, stateRoot }: HeadSource) {
  return { name, entries: size, state_root: stateRoot };
}
