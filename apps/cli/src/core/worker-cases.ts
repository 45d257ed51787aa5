import { err, ok, type Result } from '@ioi/basis';
import { canonicalJson, type Json, parseStrict } from '@ioi/canon';

/** A task to run over files of its own, and what is to come of it. */
export type WorkerCase = {
  readonly task: string;
  readonly input: Json;
  /** What lies in its folder before, by path. */
  readonly files: Readonly<Record<string, string>>;
  /** What it returns; absent where `fails` says by which code it fails. */
  readonly output?: Json;
  readonly fails?: string;
  /** What lies there afterwards; other files are not looked at. */
  readonly leaves: Readonly<Record<string, string>>;
};

const KNOWN: readonly string[] = ['task', 'input', 'files', 'output', 'fails', 'leaves'];
const MOST_CASES = 100;
const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]*(\/[A-Za-z0-9_][A-Za-z0-9._-]*)*$/;

/** What `worker.tests.json` says, or the first thing that is wrong with it and where. */
export function readCases(text: string): Result<readonly WorkerCase[], string> {
  const parsed = parseStrict(text);
  if (!parsed.ok) return err(parsed.error.message);
  const { value } = parsed;
  if (!Array.isArray(value) || value.length === 0 || value.length > MOST_CASES) {
    return err(`expected a list of 1 to ${MOST_CASES} cases`);
  }
  const cases: WorkerCase[] = [];
  for (const [at, each] of value.entries()) {
    const read = readCase(each);
    if (!read.ok) return err(`/${at}${read.error}`);
    cases.push(read.value);
  }
  return ok(cases);
}

function readCase(value: Json): Result<WorkerCase, string> {
  if (!isObject(value)) return err(': expected an object');
  const unknown = Object.keys(value).find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) return err(`/${unknown}: means nothing here`);
  const { task, input = {}, files = {}, output, fails, leaves = {} } = value;
  if (typeof task !== 'string') return err('/task: expected a text');
  if (!isTexts(files)) return err('/files: expected texts by their path');
  if (!isTexts(leaves)) return err('/leaves: expected texts by their path');
  if (fails !== undefined && typeof fails !== 'string') return err('/fails: expected a code');
  if ((output === undefined) === (fails === undefined)) {
    return err(': either `output` or `fails`, and not both');
  }
  const wanted = fails === undefined ? { output: output ?? null } : { fails };
  return ok({ task, input, files, leaves, ...wanted });
}

export type CaseEnd = {
  readonly state: string;
  readonly output?: unknown;
  readonly code?: string | undefined;
  readonly detail?: string | undefined;
  /** By path, of those that `leaves` names; undefined is none. */
  readonly left: Readonly<Record<string, string | undefined>>;
};

/** Why an end is not the one that a case wants; undefined where it is. */
export function departure(wanted: WorkerCase, end: CaseEnd): string | undefined {
  const { fails } = wanted;
  const told = end.detail === undefined ? '' : `: ${end.detail}`;
  if (fails !== undefined) {
    return end.code === fails ? undefined : `${end.state} ${end.code ?? ''}${told}, not ${fails}`;
  }
  if (end.state !== 'completed') return `${end.state} ${end.code ?? ''}${told}`;
  if (textOf(end.output) !== textOf(wanted.output)) {
    return `returned ${textOf(end.output)}, not ${textOf(wanted.output)}`;
  }
  const [path] = Object.keys(wanted.leaves).filter((name) => {
    return end.left[name] !== wanted.leaves[name];
  });
  if (path === undefined) return undefined;
  return `left ${textOf(end.left[path] ?? null)} in ${path}, not ${textOf(wanted.leaves[path])}`;
}

function textOf(value: unknown): string {
  const text = canonicalJson(value ?? null);
  return text.ok ? text.value : 'what has no JSON';
}

function isTexts(value: Json): value is { [path: string]: string } {
  if (!isObject(value)) return false;
  return Object.entries(value).every(([path, text]) => typeof text === 'string' && NAME.test(path));
}

function isObject(value: Json): value is { [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
