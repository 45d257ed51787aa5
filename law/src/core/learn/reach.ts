import type { ActionFacts, ActionRequest } from '@ioi/protocol';
import { loadPolicy, runPolicyTests } from '../policy/index.ts';
import type { Rule } from '../policy/rules.ts';
import type { Seen } from './trace.ts';

/** A request as an example of a policy is written. */
export type Neighbour = { readonly params: ActionRequest['params']; readonly facts: ActionFacts };

const TELLING = ['argv', 'command', 'cwd', 'destination', 'host', 'path', 'paths', 'source', 'url'];

/** Of a request what conditions look at, and nothing of what it carried. */
export function exampleOf({ request, facts }: Pick<Seen, 'request' | 'facts'>): Neighbour {
  const telling = Object.entries(request.params).filter(([name]) => TELLING.includes(name));
  const { workspace_root, target_exists } = facts;
  return {
    params: Object.fromEntries(telling),
    facts: {
      ...(workspace_root === undefined ? {} : { workspace_root }),
      ...(target_exists === undefined ? {} : { target_exists }),
    },
  };
}

/** What a rule is about, beyond what was seen, in words. */
export function reachOf({ conditions, target }: Rule): string {
  const { allow_paths: paths, allow_domains: domains, allow_commands: commands } = conditions;
  if (paths) return `everything at and below ${list(paths)}`;
  if (domains) return `every address at ${list(domains)} and at names below`;
  if (commands === undefined) return `every call of ${target}, with any arguments`;
  const open = commands.filter((each) => each.endsWith(' **'));
  if (open.length === 0) return 'these very commands, options in any order';
  return `these commands, and with any further words ${list(open)}`;
}

function list(values: readonly string[]): string {
  return values.length <= 3
    ? values.join(', ')
    : `${values.slice(0, 3).join(', ')} and ${values.length - 3} more`;
}

/** Requests beside what a rule is about: the next folder, a like name, another command. */
export function neighboursOf({ conditions }: Rule, facts: ActionFacts): readonly Neighbour[] {
  const { allow_paths: paths, allow_domains: domains, allow_commands: commands } = conditions;
  const params: ActionRequest['params'][] = [];
  for (const path of paths?.slice(0, 2) ?? []) {
    params.push(
      { path: `${path}-other` },
      { path: `${path.slice(0, path.lastIndexOf('/'))}/other` },
    );
  }
  for (const domain of domains?.slice(0, 2) ?? []) {
    params.push({ url: `https://not-${domain}/` });
  }
  for (const command of commands?.slice(0, 2) ?? []) {
    const words = command.split(' ').filter((word) => word !== '**');
    params.push({ argv: [...words.slice(0, -1), 'other'] });
  }
  return params.map((each) => ({ params: each, facts }));
}

type Exemplified = {
  readonly rule: Rule;
  readonly match: readonly Neighbour[];
  readonly notMatch: readonly Neighbour[];
};

/** With those neighbours that it is not about; undefined when it is not about its own hits. */
export function withExamples<T extends Exemplified>(proposed: T): T | undefined {
  const { rule, match, notMatch } = proposed;
  const authored = { ...rule, match, not_match: notMatch };
  const loaded = loadPolicy(JSON.stringify({ policy_id: 'learnt', rules: [authored] }));
  if (!loaded.ok) return undefined;
  const failed = runPolicyTests(loaded.value).filter(({ isPassed }) => !isPassed);
  if (failed.some(({ expected }) => expected === 'match')) return undefined;
  const isFailed = (at: number): boolean =>
    failed.some(({ pointer }) => pointer.endsWith(`/not_match/${at}`));
  return { ...proposed, notMatch: notMatch.filter((_, at) => !isFailed(at)) };
}
