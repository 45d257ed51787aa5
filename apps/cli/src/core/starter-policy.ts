import { err, ok, type Result } from '@ioi/basis';

/** Places that hold secrets, or whose content something else executes; wherever they are. */
const NEVER = [
  '/**/.ssh',
  '/**/.gnupg',
  '/**/.aws',
  '/**/.env',
  '/**/.env.local',
  '/**/.env.production',
  '/**/*.pem',
  '/**/id_rsa',
  '/**/id_ed25519',
  '/**/.netrc',
  '/**/.npmrc',
  '/**/.git-credentials',
  '/**/.gitconfig',
  '/**/.git/config',
  '/**/.git/hooks',
];

/** What git, editors and shells start by themselves later, with whatever was written there. */
const RUN_LATER = ['/**/.git', '/**/.envrc', '/**/.vscode', '/**/.idea'];

export type NoPolicy = { readonly code: 'workspace.unusable'; readonly message: string };

/**
 * The policy `ioi init --workspace` writes, as its owner will read and edit it: read and list in
 * the workspace, write new files, ask before replacing or moving anything, never touch secrets.
 * The workspace stands in it in full: a path relative to the workspace would follow an edit of
 * node.json, which nobody signs.
 */
export function starterPolicy(workspace: string): Result<string, NoPolicy> {
  if (!workspace.startsWith('/') || workspace.includes('*') || workspace.includes('\0')) {
    const message = 'a workspace is an absolute path without `*`, which is a wildcard in policies';
    return err({ code: 'workspace.unusable', message });
  }
  if (workspace === '/') {
    const message = 'the root of the file system is no workspace: choose a folder of the project';
    return err({ code: 'workspace.unusable', message });
  }
  const policy = { policy_id: 'workspace', defaults: 'deny_all', rules: rulesFor(workspace) };
  return ok(`${JSON.stringify(policy, null, 2)}\n`);
}

type AuthoredRule = {
  readonly rule_id: string;
  readonly target: string;
  readonly conditions: object;
  readonly action: 'ALLOW' | 'BLOCK' | 'REQUIRE_APPROVAL';
  readonly justification: string;
  readonly match?: readonly object[];
  readonly not_match?: readonly object[];
};

function rulesFor(workspace: string): readonly AuthoredRule[] {
  const inside = { allow_paths: [workspace] };
  const outside = { path: '/etc/passwd' };
  const file = { path: `${workspace}/notes.txt` };
  const isThere = { params: file, facts: { target_exists: true } };
  const isNew = { params: file, facts: { target_exists: false } };
  return [
    {
      rule_id: 'never_touch_secrets',
      target: 'fs::*',
      conditions: { allow_paths: NEVER },
      action: 'BLOCK',
      justification: 'Keys and credentials, and files that other programs execute.',
      match: [{ path: `${workspace}/.ssh/id_ed25519` }, { path: `${workspace}/a/.env` }],
      not_match: [file],
    },
    ...['write', 'mkdir', 'move'].map((verb) => neverRunLater(verb, workspace)),
    ...['read', 'list', 'search', 'stat'].map(
      (verb): AuthoredRule => ({
        rule_id: `${verb}_workspace`,
        target: `fs::${verb}`,
        conditions: inside,
        action: 'ALLOW',
        justification: 'Looking at the workspace changes nothing.',
        match: [file],
        not_match: [outside],
      }),
    ),
    {
      rule_id: 'write_new_files',
      target: 'fs::write',
      conditions: { ...inside, target_exists: false },
      action: 'ALLOW',
      justification: 'A new file in the workspace replaces nothing.',
      match: [isNew],
      not_match: [isThere, { params: outside, facts: { target_exists: false } }],
    },
    {
      rule_id: 'ask_before_replacing',
      target: 'fs::write',
      conditions: { ...inside, target_exists: true },
      action: 'REQUIRE_APPROVAL',
      justification: 'What a file held is gone after this.',
      match: [isThere],
      not_match: [isNew],
    },
    {
      rule_id: 'create_folders',
      target: 'fs::mkdir',
      conditions: inside,
      action: 'ALLOW',
      justification: 'A folder in the workspace replaces nothing.',
    },
    {
      rule_id: 'ask_before_moving',
      target: 'fs::move',
      conditions: inside,
      action: 'REQUIRE_APPROVAL',
      justification: 'Other programs may look for the old name.',
    },
    askBeforeMerging(workspace),
    {
      rule_id: 'show_workspace_name',
      target: 'mcp::filesystem::list_allowed_directories',
      conditions: {},
      action: 'ALLOW',
      justification: 'Which folder the server was given is no secret.',
    },
  ];
}

function askBeforeMerging(workspace: string): AuthoredRule {
  return {
    rule_id: 'ask_before_merging',
    target: 'fs::merge',
    conditions: { allow_paths: [workspace] },
    action: 'REQUIRE_APPROVAL',
    justification: 'Everything a run did to a copy comes into the workspace at once.',
    match: [{ paths: [`${workspace}/a`, `${workspace}/b`] }],
    not_match: [{ paths: ['/etc/passwd'] }],
  };
}

function neverRunLater(verb: string, workspace: string): AuthoredRule {
  return {
    rule_id: `never_${verb}_what_runs_later`,
    target: `fs::${verb}`,
    conditions: { allow_paths: RUN_LATER },
    action: 'BLOCK',
    justification: 'Git and editors start programs by what is written there.',
    match: [{ path: `${workspace}/.git/commondir` }],
    not_match: [{ path: `${workspace}/notes.txt` }],
  };
}
