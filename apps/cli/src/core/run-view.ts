import type { RunSummary } from '@ioi/protocol';
import { visible } from './visible.ts';

const MOST_HOSTS = 10;

/** What was decided while a program ran, and what of it nobody looked at. */
export function runLines(summary: RunSummary): string[] {
  const { verdicts, reached, receipts, coverage, models = [] } = summary;
  const counted = Object.entries(verdicts).filter(([, count]) => count > 0);
  const requests = counted.map(([verdict, count]) => `${count} ${verdict}`).join(', ');
  const hosts = Object.entries(reached).sort(([, one], [, other]) => other - one);
  const named = hosts.slice(0, MOST_HOSTS).map(([host, count]) => `${visible(host)} (${count})`);
  const more = hosts.length > MOST_HOSTS ? [`${hosts.length - MOST_HOSTS} more`] : [];
  const last = receipts.at(-1);
  const of = (how: string): string =>
    Object.entries(coverage)
      .filter(([, each]) => each === how)
      .map(([door]) => door)
      .join(', ');
  const http = coverage.http === 'closed' ? 'closed' : requests === '' ? 'no requests' : requests;
  return [
    `http: ${http}`,
    ...(named.length === 0 ? [] : [`reached: ${[...named, ...more].join(', ')}`]),
    ...models.map(({ route, asked, served, answers, ...tokens }) => {
      const { input_tokens: taken, output_tokens: given } = tokens;
      const answered = `${visible(served)} answered ${answers} times`;
      const took = `${taken} tokens in, ${given} out`;
      return `model ${route}, asked for as ${visible(asked)}: ${answered}, ${took}`;
    }),
    ...commitLines(summary),
    ...(last === undefined ? [] : [`last receipt: ${last}; ioi log shows the acts`]),
    [
      `decided and receipted: ${of('mediated')}`,
      ...(of('recorded') === '' ? [] : [`recorded: ${of('recorded')}`]),
      `bounded, not recorded: ${of('bounded')}`,
    ].join('; '),
  ];
}

function commitLines({ commits }: RunSummary): string[] {
  if (commits === undefined) return [];
  const { recorded, by_comparison: compared, more, entries } = commits;
  const told = compared === 0 ? '' : `, ${compared} that no hook told of`;
  const left = more === 0 ? '' : `; ${more} more, or that could not be read, are NOT in the log`;
  return [`commits: ${recorded} recorded${told}${left}; entries ${entries.slice(-5).join(', ')}`];
}
