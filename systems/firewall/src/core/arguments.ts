import { err, ok, parseUrl, type Result } from '@ioi/basis';
import type { ActionRequest, Rejection, RuntimeToolContract } from '@ioi/protocol';
import { type PayloadLookup, restorePayloads } from './payloads.ts';

/** Absolute paths, symbolic links resolved, by the path as the caller wrote it. */
export type ResolvedPaths = ReadonlyMap<string, string>;

export type ToolArguments = { readonly [name: string]: unknown };

type Params = ActionRequest['params'];
type Parameter = RuntimeToolContract['parameters'][number];

/** Parameter that holds, untouched, the arguments which the contract gives no meaning. */
const REST = 'arguments';
/** Parameter that holds what goes to the tool beside its arguments. */
export const META = '_meta';

/**
 * A tool's arguments in the one parameter space that policies read. Refused when the contract
 * maps two arguments to one parameter, or one to `arguments` or `_meta`: the way back would be
 * lost.
 */
export function paramsOf(
  contract: RuntimeToolContract,
  given: ToolArguments,
  paths: ResolvedPaths,
): Result<Params, Rejection> {
  const clash = clashOf(contract);
  if (clash !== undefined) return refuse(clash);
  const params: [string, unknown][] = [];
  const mapped = new Set<string>();
  for (const parameter of contract.parameters) {
    mapped.add(parameter.argument);
    if (!Object.hasOwn(given, parameter.argument)) continue;
    const value = normalise(parameter, given[parameter.argument], paths);
    if (!value.ok) return value;
    params.push([parameter.parameter, value.value]);
  }
  const rest = Object.entries(given).filter(([name]) => !mapped.has(name));
  if (rest.length > 0) params.push([REST, Object.fromEntries(rest)]);
  return ok(Object.fromEntries(params));
}

/**
 * What a driver calls the tool with: the exact inverse of `paramsOf`, with resolved paths and
 * canonical URLs in place of those the caller wrote, so that what was decided is what is done.
 */
export function argumentsOf(
  contract: RuntimeToolContract,
  params: Params,
  lookup: PayloadLookup,
): Result<ToolArguments, Rejection> {
  const clash = clashOf(contract);
  if (clash !== undefined) return refuse(clash);
  const { [META]: _, ...own } = params;
  const restored = restorePayloads(own, lookup);
  if (!restored.ok) return restored;
  const values = restored.value as Params;
  const names = new Map(contract.parameters.map((each) => [each.parameter, each.argument]));
  const back: [string, unknown][] = [];
  for (const [name, value] of Object.entries(values)) {
    const argument = names.get(name);
    if (argument !== undefined) back.push([argument, value]);
    else if (name !== REST || !isObject(value)) return refuse(`no argument for \`${name}\``);
    else back.push(...Object.entries(value));
  }
  const result = Object.fromEntries(back);
  if (Object.keys(result).length === back.length) return ok(result);
  return refuse('two parameters for one argument');
}

/** What is sent beside the arguments; undefined where nothing is. */
export function metaOf(
  params: Params,
  lookup: PayloadLookup,
): Result<ToolArguments | undefined, Rejection> {
  const given = params[META];
  if (given === undefined) return ok(undefined);
  const restored = restorePayloads(given, lookup);
  if (!restored.ok) return restored;
  return isObject(restored.value)
    ? ok(restored.value as ToolArguments)
    : refuse('`_meta` is no object');
}

function clashOf({ parameters }: RuntimeToolContract): string | undefined {
  const names = parameters.map(({ parameter }) => parameter);
  const given = parameters.map(({ argument }) => argument);
  const taken = [REST, META].find((name) => names.includes(name));
  if (taken !== undefined) return `the contract maps an argument to \`${taken}\``;
  if (new Set(names).size < names.length) return 'the contract maps two arguments to one parameter';
  if (new Set(given).size < given.length) return 'the contract maps one argument twice';
  return undefined;
}

function normalise(
  { argument, kind }: Parameter,
  value: unknown,
  paths: ResolvedPaths,
): Result<unknown, Rejection> {
  switch (kind) {
    case 'path':
      return resolve(argument, value, paths);
    case 'path_list':
      return resolveAll(argument, value, paths);
    case 'url':
      return canonicalUrl(argument, value);
    case 'content':
    case 'value':
      return ok(value);
  }
}

function resolve(
  argument: string,
  value: unknown,
  paths: ResolvedPaths,
): Result<string, Rejection> {
  if (typeof value !== 'string') return refuse(`\`${argument}\` is not a path`);
  const resolved = paths.get(value);
  if (resolved?.startsWith('/')) return ok(resolved);
  return refuse(`\`${argument}\` was not resolved to an absolute path`);
}

function resolveAll(
  argument: string,
  value: unknown,
  paths: ResolvedPaths,
): Result<readonly string[], Rejection> {
  if (!Array.isArray(value)) return refuse(`\`${argument}\` is not a list of paths`);
  const resolved: string[] = [];
  for (const item of value) {
    const path = resolve(argument, item, paths);
    if (!path.ok) return path;
    resolved.push(path.value);
  }
  return ok(resolved);
}

function canonicalUrl(argument: string, value: unknown): Result<string, Rejection> {
  const parsed = typeof value === 'string' ? parseUrl(value) : undefined;
  if (parsed?.protocol === 'https:' || parsed?.protocol === 'http:') return ok(parsed.href);
  return refuse(`\`${argument}\` is not an http or https URL`);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuse(message: string): Result<never, Rejection> {
  return err({ code: 'contract.arguments_invalid', message });
}
