import { MODELS_PLACE } from '@ioi/law';
import type { RunModel } from '@ioi/protocol';

const { scheme, host, port } = MODELS_PLACE;
const URL_INSIDE = `${scheme}://${host}:${port}`;
/** Programs want one that is there; nobody reads it. */
const NO_KEY = 'sk-ioi-no-key';

/** By which programs find their models, each in its own way, and what stands for a key. */
export const MODEL_VARIABLES: Readonly<Record<string, string>> = {
  OPENAI_BASE_URL: `${URL_INSIDE}/v1`,
  OPENAI_API_BASE: `${URL_INSIDE}/v1`,
  ANTHROPIC_BASE_URL: URL_INSIDE,
  GOOGLE_GEMINI_BASE_URL: URL_INSIDE,
  OPENAI_API_KEY: NO_KEY,
  ANTHROPIC_API_KEY: NO_KEY,
  GEMINI_API_KEY: NO_KEY,
};

/**
 * Codex looks for its models in its configuration alone. The search of its provider is left out:
 * what it finds is seen by nobody here, and no other protocol has words for it.
 */
const CODEX: readonly string[] = [
  'model_provider="ioi"',
  'model_providers.ioi.name="ioi"',
  `model_providers.ioi.base_url="${URL_INSIDE}/v1"`,
  'model_providers.ioi.wire_api="responses"',
  'model_providers.ioi.env_key="OPENAI_API_KEY"',
  'web_search="disabled"',
].flatMap((each) => ['-c', each]);

/** What a program is started with that reads no variables. */
export function modelArguments(command: string): readonly string[] {
  return command.split('/').at(-1) === 'codex' ? CODEX : [];
}

/** `ROUTE`, for every model, or `MODEL=ROUTE`; undefined for what is neither. */
export function wayIn(word: string): RunModel | undefined {
  const [, model, route = ''] = /^(?:(.+)=)?([a-z][a-z0-9_-]{0,63})$/.exec(word) ?? [];
  if (route === '' || (model !== undefined && !/^[\x21-\x7e]{1,256}$/.test(model)))
    return undefined;
  return model === undefined ? { route } : { route, model };
}
