import type { LearntPolicy } from './learn.ts';

/** The proposal as its owner will read and edit it: what each rule rests on stands above it. */
export function printLearnt({ kept, rules }: LearntPolicy, policyId: string): string {
  const blocks = [
    ...kept.map((rule) => ({ comments: ['kept: what is blocked stays blocked'], rule })),
    ...rules.map(({ rule, hits, reach, match, notMatch }) => ({
      comments: [`seen ${hits} times; it is about ${reach}`],
      rule: {
        ...rule,
        match,
        ...(notMatch.length > 0 ? { not_match: notMatch } : {}),
      },
    })),
  ].map(({ comments, rule }) => {
    const lines = [
      ...comments.map((each) => `// ${plain(each)}`),
      ...JSON.stringify(rule, null, 2).split('\n'),
    ];
    return lines.map((line) => `    ${line}`).join('\n');
  });
  const head = ['{', `  "policy_id": ${JSON.stringify(policyId)},`, '  "defaults": "deny_all",'];
  return [...head, '  "rules": [', blocks.join(',\n'), '  ]', '}', ''].join('\n');
}

/** No path or host of a trace ends a comment. */
function plain(text: string): string {
  return text.replaceAll(/[^ -~]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
