import type { ActionFacts, ActionRequest, Money } from '@ioi/protocol';
import { type Commands, readCommands } from './commands.ts';
import { type Destination, readDestination } from './destination.ts';
import { canonicalHost, hostOfUrl } from './host.ts';
import { readTotal } from './money.ts';
import { below, type Components, readRequestPath } from './path.ts';
import { foldComponents } from './path-case.ts';
import { type Contents, readTexts, type Texts } from './texts.ts';

export type Place = {
  readonly components: Components;
  /** The same below the workspace; undefined outside it or when there is none. */
  readonly relative: Components | undefined;
  /** Whether the workspace lies below it. */
  readonly isAboveWorkspace: boolean;
};

export type SubjectPath = Place & {
  /** The place as rules that restrict compare it, see `foldCase`. */
  readonly folded: Place;
  /** Where a command starts, which is not by itself to act on all that lies below. */
  readonly isStart?: true;
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
  /** Read when a condition first asks for them. */
  readonly texts: Texts;
  readonly app: string | undefined;
  readonly intents: readonly string[];
  readonly hasUnreadIntent: boolean;
  /** Where its values come from, when the node has seen to that. */
  readonly provenance: ActionFacts['provenance'];
  readonly targetExists: boolean | undefined;
  /** Undefined where the request starts none. */
  readonly commands: Commands | undefined;
  /** Read when a condition first asks for it. */
  readonly destination: Destination;
  readonly agentId: string;
  readonly sessionId: string | undefined;
  readonly windowId: string | undefined;
};

/** `contents` are the texts a request refers to, or what is assumed of them. */
export function subjectOf(
  request: ActionRequest,
  facts: ActionFacts,
  contents?: Contents,
): Subject {
  return new RequestSubject(request, facts, contents);
}

/** What most policies ask for is read at once, the rest when it is asked for. */
class RequestSubject implements Subject {
  readonly #request: ActionRequest;
  readonly #facts: ActionFacts;
  readonly #contents: Contents | undefined;
  #destination: Destination | undefined;
  #texts: Texts | undefined;
  readonly target: string;
  readonly actsOnTrees: boolean;
  readonly host: string | undefined;
  readonly labels: readonly string[];
  readonly paths: readonly SubjectPath[];
  readonly hasUnreadPath: boolean;
  readonly hasWorkspace: boolean;
  readonly commands: Commands | undefined;
  readonly amount: Subject['amount'];
  readonly app: string | undefined;
  readonly intents: readonly string[];
  readonly hasUnreadIntent: boolean;
  readonly provenance: ActionFacts['provenance'];
  readonly targetExists: boolean | undefined;
  readonly agentId: string;
  readonly sessionId: string | undefined;
  readonly windowId: string | undefined;

  constructor(request: ActionRequest, facts: ActionFacts, contents?: Contents) {
    const { params } = request;
    const workspace = readRequestPath(facts.workspace_root);
    const intents = readIntents(params);
    const commands = readCommands(request, facts);
    const paths = readPaths(params, workspace, commands);
    this.#request = request;
    this.#facts = facts;
    this.#contents = contents;
    this.target = request.target;
    this.actsOnTrees = commands !== undefined || treeTargets.includes(request.target);
    this.commands = commands;
    this.host = readHost(params);
    this.labels = this.host === undefined ? [] : this.host.split('.').reverse();
    this.paths = paths.read;
    this.hasUnreadPath = paths.hasUnread;
    this.hasWorkspace = workspace !== undefined;
    this.amount = readTotal(params);
    this.app = readText(params['app']);
    this.intents = intents.read;
    this.hasUnreadIntent = intents.hasUnread;
    this.provenance = facts.provenance;
    this.targetExists = typeof facts.target_exists === 'boolean' ? facts.target_exists : undefined;
    this.agentId = request.context.agent_id;
    this.sessionId = request.context.session_id;
    this.windowId = request.context.window_id;
  }

  get destination(): Destination {
    this.#destination ??= readDestination(this.#request, this.#facts, this.host);
    return this.#destination;
  }

  get texts(): Texts {
    this.#texts ??= readTexts(this.#request.params, this.#contents);
    return this.#texts;
  }
}

/** The host a request goes to; undefined when it names none, or two. */
export function hostOfRequest({ params }: ActionRequest): string | undefined {
  return readHost(params);
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
  commands: Commands | undefined,
): { read: readonly SubjectPath[]; hasUnread: boolean } {
  const read: SubjectPath[] = [];
  let hasUnread = false;
  const take = (value: unknown): void => {
    const components = readRequestPath(value);
    if (components === undefined) hasUnread = true;
    else read.push(pathOf(components, workspace));
  };
  for (const name of ['path', 'source', 'destination']) {
    if (params[name] !== undefined) take(params[name]);
  }
  const { paths } = params;
  if (Array.isArray(paths)) for (const path of paths) take(path);
  else if (paths !== undefined) hasUnread = true;
  for (const path of commands?.paths ?? []) take(path);
  for (const folder of commands?.folders ?? []) {
    const components = readRequestPath(folder);
    if (components === undefined) hasUnread = true;
    else if (commands?.readsFolders) read.push(pathOf(components, workspace));
    else read.push({ ...pathOf(components, workspace), isStart: true });
  }
  if (commands?.isUnderstood === false) hasUnread = true;
  return { read, hasUnread: hasUnread || read.length === 0 };
}

function pathOf(components: Components, workspace: Components | undefined): SubjectPath {
  const exact = placeOf(components, workspace);
  const name = foldComponents(components);
  const root = workspace && foldComponents(workspace);
  const isSame = name === components && root === workspace;
  return { ...exact, folded: isSame ? exact : placeOf(name, root) };
}

function placeOf(components: Components, workspace: Components | undefined): Place {
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
