import type { ProbeModel, Recipe } from './recipes.ts';

/** A hook of an agent's own, asked before each of its tools is used. */
export type Hook = {
  /** A program of the folder it works in. */
  readonly command: string;
  readonly patience_s: number;
  /** Else it is set, and the agent was not told to believe it. */
  readonly isTrusted: boolean;
};

/** An agent started with a hook. */
export type Hooked = {
  readonly settings: string;
  /** Further files of its home. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
  readonly args: readonly string[];
};

/** How one agent is given a hook. */
export type Hooking = {
  readonly hooked: (recipe: Recipe, model: ProbeModel, hook: Hook) => Hooked;
  /** Where it keeps the hook and the node, below its home. */
  readonly kept: readonly string[];
};

const HOOK_NAME = 'ioi-fault';
const CODEX_HOOKS = '.codex/hooks.json';

const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

/** It leaves out what it does not trust, and says nothing of it. */
function codexHooked(recipe: Recipe, model: ProbeModel, hook: Hook): Hooked {
  const { command, patience_s: timeout, isTrusted } = hook;
  const each = { matcher: '*', hooks: [{ type: 'command', command, timeout }] };
  const [first = '', ...others] = recipe.args(model);
  const trust = isTrusted ? ['--dangerously-bypass-hook-trust'] : [];
  return {
    settings: recipe.settings(model),
    files: [{ path: CODEX_HOOKS, text: json({ hooks: { PreToolUse: [each] } }) }],
    args: [first, ...trust, ...others],
  };
}

/** It trusts folders as a whole and starts in no other: a hook of a person's is switched off. */
function geminiHooked(recipe: Recipe, model: ProbeModel, hook: Hook): Hooked {
  const { command, patience_s: patience, isTrusted } = hook;
  const own = { name: HOOK_NAME, type: 'command', command, timeout: patience * 1000 };
  const settings = {
    ...(JSON.parse(recipe.settings(model)) as object),
    hooks: { BeforeTool: [{ matcher: '*', hooks: [own] }] },
    ...(isTrusted ? {} : { hooksConfig: { disabled: [HOOK_NAME] } }),
  };
  return {
    settings: json(settings),
    files: [],
    args: recipe.args(model),
  };
}

/** By the name of the agent; of others it is not known. */
export const HOOKINGS: Readonly<Record<string, Hooking>> = {
  codex: { hooked: codexHooked, kept: [CODEX_HOOKS, '.codex/config.toml'] },
  'gemini-cli': { hooked: geminiHooked, kept: ['.gemini/settings.json'] },
};
