import type { LearntPolicy } from '@ioi/law';
import type { ActionRules } from '@ioi/protocol';
import type { Paint } from './paint.ts';
import { clipped, visible } from './visible.ts';

const COLUMNS = 160;

/** What is proposed against what is active, what each rule rests on, and what is left out. */
export function learnView(
  { rules, left }: LearntPolicy,
  active: ActionRules | undefined,
  paint: Paint,
): readonly string[] {
  const added = rules.flatMap(({ rule, hits, reach, notMatch }) => [
    paint('green', `+ ${rule.action} ${visible(rule.target)}  ${visible(rule.rule_id)}`),
    `    ${hits} requests; about ${clipped(reach, COLUMNS)}`,
    ...notMatch
      .slice(0, 2)
      .map(({ params }) => `    not about ${clipped(JSON.stringify(params), COLUMNS)}`),
  ]);
  const gone = (active?.rules ?? []).filter(({ action }) => action !== 'BLOCK');
  const removed = gone.map(({ rule_id: id, target, action }) => {
    return paint('red', `- ${action} ${visible(target)}  ${visible(id)}`);
  });
  const missed = left.map(({ seen, reason }) => {
    const about = clipped(JSON.stringify(seen.request.params), COLUMNS);
    return `  left out: ${visible(seen.request.target)} ${about}: ${visible(reason)}`;
  });
  return [...added, ...removed, ...missed];
}
