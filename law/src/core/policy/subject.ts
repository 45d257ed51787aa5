import type { ActionFacts, ActionRequest, Money } from '@ioi/protocol';
import { canonicalHost, hostOfUrl } from './host.ts';
import { readMoney } from './money.ts';
import { below, type Components, readRequestPath } from './path.ts';

export type SubjectPath = {
  readonly components: Components;
  /** The same below the workspace; undefined outside it or when there is none. */
  readonly relative: Components | undefined;
  /** Whether the workspace lies below it. */
  readonly isAboveWorkspace: boolean;
};

/**
 * Targets that act on all that is below their paths. A restrictive rule guards its places from
 * these on every folder above: what carries a folder away or shows it does so with its content.
 */
export const treeTargets: readonly string[] = [
  'fs::copy',
  'fs::delete',
  'fs::list',
  'fs::move',
  'fs::search',
];

/** A text that nobody holds any more, as the patterns it is assumed to match. */
export type AssumedText = (pattern: string) => boolean;

/**
 * What conditions look at, taken from a request and its facts once. Parameters come from
 * outside: one that is absent, of the wrong type or without a canonical form is undetermined,
 * and so undefined here (or counted by `hasUnread…` where there may be several).
 */
export type Subject = {
  readonly target: string;
  readonly actsOnTrees: boolean;
  readonly host: string | undefined;
  /** Labels of the host, the last first. */
  readonly labels: readonly string[];
  readonly paths: readonly SubjectPath[];
  readonly hasUnreadPath: boolean;
  readonly hasWorkspace: boolean;
  readonly amount: { readonly money: Money; readonly scaled: bigint } | undefined;
  readonly text: string | AssumedText | undefined;
  readonly app: string | undefined;
  readonly intents: readonly string[];
  readonly hasUnreadIntent: boolean;
  /** Where its values come from, when the node has seen to that. */
  readonly provenance: ActionFacts['provenance'];
  readonly targetExists: boolean | undefined;
  /** Whose session budgets this draws on: the session, or the agent outside one. */
  readonly budgetHolder: string;
};

/** `content` is the text of a request that refers to it, or what is assumed of it. */
export function subjectOf(
  request: ActionRequest,
  facts: ActionFacts,
  content?: string | AssumedText,
): Subject {
  const { params } = request;
  const host = readHost(params);
  const workspace = readRequestPath(facts.workspace_root);
  const intents = readIntents(params);
  const paths = readPaths(params, workspace);
  return {
    target: request.target,
    actsOnTrees: treeTargets.includes(request.target),
    host,
    labels: host === undefined ? [] : host.split('.').reverse(),
    paths: paths.read,
    hasUnreadPath: paths.hasUnread,
    hasWorkspace: workspace !== undefined,
    amount: readMoney(params['amount']),
    text: typeof content === 'function' ? content : readText(content ?? params['text']),
    app: readText(params['app']),
    intents: intents.read,
    hasUnreadIntent: intents.hasUnread,
    provenance: facts.provenance,
    targetExists: typeof facts.target_exists === 'boolean' ? facts.target_exists : undefined,
    budgetHolder: request.context.session_id ?? request.context.agent_id,
  };
}

type Params = ActionRequest['params'];

/** A request may name its host as `url`, as `host`, or as both when they agree. */
function readHost(params: Params): string | undefined {
  const { url, host } = params;
  if (url === undefined && host === undefined) return undefined;
  const ofUrl = typeof url === 'string' ? hostOfUrl(url) : undefined;
  if (host === undefined) return ofUrl;
  const named = typeof host === 'string' ? canonicalHost(host) : undefined;
  return url === undefined || ofUrl === named ? named : undefined;
}

function readPaths(
  params: Params,
  workspace: Components | undefined,
): { read: readonly SubjectPath[]; hasUnread: boolean } {
  const read: SubjectPath[] = [];
  let hasUnread = false;
  const take = (value: unknown): void => {
    const components = readRequestPath(value);
    if (components === undefined) hasUnread = true;
    else read.push(placeOf(components, workspace));
  };
  for (const name of ['path', 'source', 'destination']) {
    if (params[name] !== undefined) take(params[name]);
  }
  const { paths } = params;
  if (Array.isArray(paths)) for (const path of paths) take(path);
  else if (paths !== undefined) hasUnread = true;
  return { read, hasUnread: hasUnread || read.length === 0 };
}

function placeOf(components: Components, workspace: Components | undefined): SubjectPath {
  const relative = workspace && below(components, workspace);
  const isAboveWorkspace =
    relative === undefined && workspace !== undefined && below(workspace, components) !== undefined;
  return { components, relative, isAboveWorkspace };
}

function readIntents(params: Params): { read: readonly string[]; hasUnread: boolean } {
  const { intents } = params;
  if (!Array.isArray(intents)) return { read: [], hasUnread: true };
  const read = intents.map(readText).filter((intent) => intent !== undefined);
  return { read, hasUnread: read.length < intents.length };
}

function readText(value: unknown): string | undefined {
  return typeof value === 'string' ? value.normalize('NFC') : undefined;
}
