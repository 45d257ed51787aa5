import { NODE_NAME, type Places } from '../connect/agents.ts';

/** Where an agent under probe finds its model. */
export type ProbeModel = {
  /** `http://ADDRESS:PORT` */
  readonly url: string;
  readonly prompt: string;
};

/** How one agent is started without a person, with a model of ours and no sandbox of its own. */
export type Recipe = {
  /** As `ioi connect` names it. */
  readonly agent: string;
  readonly args: (model: ProbeModel) => readonly string[];
  readonly env: (model: ProbeModel) => Readonly<Record<string, string>>;
  /** Its settings, to which the node is added as `ioi connect` adds it. */
  readonly settings: (model: ProbeModel) => string;
};

/** Stands for a key: these models want none. */
const NO_KEY = 'ioi-probe-no-key';
const MODEL = 'ioi-script';
/** How long the node may take to start as a server: machines are busy. */
const START_S = 120;

const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

const codex: Recipe = {
  agent: 'codex',
  args: ({ prompt }) => [
    'exec',
    '--skip-git-repo-check',
    '--dangerously-bypass-approvals-and-sandbox',
    ...['-c', `mcp_servers.${NODE_NAME}.startup_timeout_sec=${START_S}`],
    prompt,
  ],
  env: () => ({ IOI_PROBE_KEY: NO_KEY }),
  settings: ({ url }) =>
    [
      `model = "${MODEL}"`,
      'model_provider = "ioi"',
      'check_for_update_on_startup = false',
      '',
      '[analytics]',
      'enabled = false',
      '',
      '[model_providers.ioi]',
      'name = "ioi"',
      `base_url = "${url}/v1"`,
      'wire_api = "responses"',
      'env_key = "IOI_PROBE_KEY"',
      'request_max_retries = 0',
      'stream_max_retries = 0',
      '',
    ].join('\n'),
};

const geminiCli: Recipe = {
  agent: 'gemini-cli',
  args: ({ prompt }) => ['--yolo', '--skip-trust', '--model', 'gemini-2.5-pro', '-p', prompt],
  env: ({ url }) => ({ GEMINI_API_KEY: NO_KEY, GOOGLE_GEMINI_BASE_URL: url }),
  settings: () =>
    json({
      security: { auth: { selectedType: 'gemini-api-key' } },
      general: { enableAutoUpdate: false, enableAutoUpdateNotification: false },
      privacy: { usageStatisticsEnabled: false },
      telemetry: { enabled: false },
    }),
};

const claudeCode: Recipe = {
  agent: 'claude-code',
  args: ({ prompt }) => ['--dangerously-skip-permissions', '-p', prompt],
  env: ({ url }) => ({
    ANTHROPIC_API_KEY: NO_KEY,
    ANTHROPIC_BASE_URL: url,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    // Tools of servers are offered at once, not searched for.
    ENABLE_TOOL_SEARCH: 'false',
    MCP_TIMEOUT: String(START_S * 1000),
    // It lets root skip its questions only where it is told that it is bounded, which it is.
    IS_SANDBOX: '1',
  }),
  settings: () => json({ hasCompletedOnboarding: true }),
};

const opencode: Recipe = {
  agent: 'opencode',
  args: ({ prompt }) => ['run', prompt],
  env: () => ({ OPENCODE_DISABLE_MODELS_FETCH: '1', OPENCODE_DISABLE_AUTOUPDATE: '1' }),
  settings: ({ url }) =>
    json({
      model: `ioi/${MODEL}`,
      small_model: `ioi/${MODEL}`,
      provider: {
        ioi: {
          npm: '@ai-sdk/openai-compatible',
          name: 'ioi',
          options: { baseURL: `${url}/v1`, apiKey: NO_KEY },
          models: { [MODEL]: { name: MODEL, tool_call: true } },
        },
      },
      autoupdate: false,
      share: 'disabled',
      permission: 'allow',
      experimental: { mcp_timeout: START_S * 1000 },
    }),
};

export const RECIPES: readonly Recipe[] = [codex, geminiCli, claudeCode, opencode];

/** Of a home that is made for one agent, whatever the variables of the person say. */
export function placesIn(home: string): Places {
  return { home, config: `${home}/.config`, environment: {} };
}
