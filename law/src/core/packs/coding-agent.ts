import { inWorkspace, type Pack, type PackRule, pack } from './pack.ts';
import { EXECUTED_LATER } from './places.ts';

const INSIDE = { allow_paths: ['.'] };
const FILE = inWorkspace({ path: '/w/src/a.ts' });
const OUTSIDE = inWorkspace({ path: '/home/ada/notes.md' });
const LATER = inWorkspace({ path: '/w/package.json' });
const run = (command: string): object => inWorkspace({ command });
/** As it goes over the wire, read from there. */
const pushing = (words: string): object => ({
  params: { url: 'https://a.example/r.git/git-receive-pack', command: `git push ${words}` },
});

/** Programs that only look, and the tests of the project. */
const COMMANDS = [
  'cargo build',
  'cargo test',
  'cat **',
  'echo **',
  'git branch --show-current',
  'git diff **',
  'git log **',
  'git show **',
  'git status **',
  'go test',
  'go test ./...',
  'grep **',
  'head **',
  'ls **',
  'node --test',
  'npm run *',
  'npm test',
  'pwd',
  'pytest',
  'tail **',
  'wc **',
];

/** Pushes after which a commit may be found no more. */
const LOSING = [
  'git push --force **',
  'git push --delete refs/heads/main **',
  'git push --delete refs/heads/master **',
];

const RULES: readonly PackRule[] = [
  ...['read', 'list', 'search', 'stat', 'mkdir'].map((verb) => allow(verb)),
  allow('write'),
  ...['write', 'copy', 'move', 'delete'].map(askForLater),
  ...['copy', 'move', 'delete'].map(ask),
  {
    rule_id: 'run_known_commands',
    target: 'sys::exec',
    conditions: { allow_commands: COMMANDS, ...INSIDE },
    action: 'ALLOW',
    justification: 'These look, or run the tests of the project.',
    match: [run('git status'), run('npm test'), run('git log -3 | head -n 1')],
    not_match: [run('git push'), run('cat /etc/passwd'), run('ls; rm x'), run('echo a > b')],
  },
  {
    rule_id: 'ask_for_whole_trees',
    target: 'sys::exec',
    conditions: { allow_commands: ['@tree'], ...INSIDE },
    action: 'REQUIRE_APPROVAL',
    justification: 'It reads whatever is below, credentials too.',
    match: [run('grep -rn x .'), run("grep -r ''"), run('git diff --no-index . a')],
    not_match: [run('grep x a.ts')],
  },
  {
    rule_id: 'ask_for_other_commands',
    target: 'sys::exec',
    conditions: {},
    action: 'REQUIRE_APPROVAL',
    justification: 'A command may do anything.',
    match: [run('git push')],
  },
  {
    rule_id: 'ask_to_push',
    target: 'net::git::push',
    conditions: {},
    action: 'REQUIRE_APPROVAL',
    justification: 'What was pushed is with others.',
    match: [pushing('https://a.example/r.git refs/heads/new')],
  },
  {
    // Beside the rule above for whoever adds one that lets other pushes to some host through.
    rule_id: 'ask_to_lose_commits',
    target: 'net::git::push',
    conditions: { allow_commands: LOSING },
    action: 'REQUIRE_APPROVAL',
    justification: 'Commits that others have, or a branch they work on, may be lost.',
    match: [
      pushing('--force https://a.example/r.git refs/heads/any'),
      pushing('--delete https://a.example/r.git refs/heads/main'),
    ],
    not_match: [
      pushing('https://a.example/r.git refs/heads/main'),
      pushing('--delete https://a.example/r.git refs/heads/old'),
    ],
  },
];

/** Work on one folder: read and write in it, look around, run its tests; ask for the rest. */
export const codingAgent: Pack = pack({
  name: 'coding-agent',
  summary: 'Work in the workspace; ask before what others execute later, and before new commands.',
  rules: RULES,
});

/** The same, with a rule for what a run did to a copy: a pack is one policy for good. */
export const codingAgentV2: Pack = pack({
  name: 'coding-agent-v2',
  summary: 'As coding-agent, and ask before the changes of a run on a copy are merged.',
  rules: [
    ...RULES,
    {
      rule_id: 'ask_to_merge',
      target: 'fs::merge',
      conditions: {},
      action: 'REQUIRE_APPROVAL',
      justification: 'All that a run changed lands at once.',
      match: [inWorkspace({ paths: ['/w/src/a.ts', '/w/package.json'] })],
    },
  ],
});

function allow(verb: string): PackRule {
  return {
    rule_id: `${verb}_workspace`,
    target: `fs::${verb}`,
    conditions: INSIDE,
    action: 'ALLOW',
    justification: 'This is where the work is.',
    match: [FILE],
    not_match: [OUTSIDE],
  };
}

function askForLater(verb: string): PackRule {
  return {
    rule_id: `ask_to_${verb}_executed_later`,
    target: `fs::${verb}`,
    conditions: { allow_paths: EXECUTED_LATER },
    action: 'REQUIRE_APPROVAL',
    justification: 'People, editors or build servers execute this later.',
    match: [LATER, inWorkspace({ path: '/w/.vscode/tasks.json' })],
    not_match: [FILE],
  };
}

function ask(verb: string): PackRule {
  return {
    rule_id: `ask_to_${verb}`,
    target: `fs::${verb}`,
    conditions: INSIDE,
    action: 'REQUIRE_APPROVAL',
    justification: 'Whole folders may go, with what is in them.',
    match: [FILE],
    not_match: [OUTSIDE],
  };
}
