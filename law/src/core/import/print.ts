import type { ImportedPolicy, ImportedRule } from './assemble.ts';
import type { Place } from './statement.ts';

/** The policy as its owner will read and edit it: JSON with a comment over each rule. */
export function printImported({ rules }: ImportedPolicy, policyId: string): string {
  const list = rules.map(printRule).join(',\n');
  return [
    '{',
    `  "policy_id": ${JSON.stringify(policyId)},`,
    '  "defaults": "deny_all",',
    '  "rules": [',
    ...(list === '' ? [] : [list]),
    '  ]',
    '}',
    '',
  ].join('\n');
}

function printRule({ place, note, rule, match, notMatch }: ImportedRule): string {
  const whole = {
    ...rule,
    ...(match.length > 0 ? { match } : {}),
    ...(notMatch.length > 0 ? { not_match: notMatch } : {}),
  };
  const comments = [place === undefined ? undefined : printPlace(place), note]
    .filter((each) => each !== undefined)
    .map((each) => `// ${oneLine(each)}`);
  const lines = [...comments, ...JSON.stringify(whole, null, 2).split('\n')];
  return lines.map((line) => `    ${line}`).join('\n');
}

/** `settings.json:4 "Bash(git status)"`. */
export function printPlace({ file, line, text }: Place): string {
  const said = text.length > 120 ? `${text.slice(0, 120)}…` : text;
  return `${oneLine(file)}:${line} ${oneLine(said)}`.trimEnd();
}

/** No text of others ends a comment or moves a terminal. */
function oneLine(text: string): string {
  return text.replaceAll(/[^ -~…]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
