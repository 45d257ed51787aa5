import type { Command as Program } from 'commander';
import type { Add } from './governance-program.ts';

/** What is done with agents of this machine: run them, connect them, probe them. */
export function addAgentCommands(add: Add, owned: (command: Program) => Program): void {
  addRunCommand(add);
  owned(addConnectCommand(add));
  addHookCommand(add);
  addDoctorCommand(add);
}

/** `ioi run` */
function addRunCommand(add: Add): void {
  add('run [command...]', 'a program in a sandbox: -- COMMAND ARG…', async () => {
    return (await import('./commands/run.ts')).run;
  })
    .option('--read <path...>', 'what else it may read')
    .option('--write <path...>', 'what it may write beside this folder')
    .option('--read-only', 'this folder too may only be read')
    .option('--host <host...>', 'where its requests may go, HOST, HOST:PORT or *')
    .option('--env <name...>', 'variables of this environment it gets beside the usual ones')
    .option('--credential <name...>', 'secrets of the vault, NAME or NAME=VARIABLE: never shown')
    .option('--memory <size>', 'how much all its processes may have, such as 4G')
    .option('--processes <count>', 'how many processes it may have at once')
    .option('--files <count>', 'how many files each of them may have open')
    .option('--processor <seconds>', 'how long each of them may compute')
    .option('--no-undo', 'do not keep what it may write as it was')
    .option('--listen <port...>', 'ports it is reached at from this machine: 3000, 8000-8010')
    .option('--models <way...>', 'its models are asked by ROUTE, or MODEL=ROUTE, of this node')
    .option('--overlay', 'work on a copy of what it may write; merged later, or discarded')
    .option('--shell', 'sh and bash ask the node before they do what they are given')
    .option('--as <name>', 'whose kept home it has; else that of its own name')
    .option('--ci', 'on a node of its own that asks nobody, with reports: see docs/guides/ci.md')
    .option(
      '--isolation-declared <word>',
      'with --ci, where no sandbox can be made: what holds the job, on your word',
    )
    .option('--policy <file>', 'with --ci: the policy')
    .option('--config <file>', 'with --ci: the node.json, for tool servers')
    .option('--out <folder>', 'with --ci: where the reports go; else ioi-ci')
    .option('--pre-approval <file...>', 'with --ci: what was approved by `ioi ci approve`')
    .option('--approver <key...>', 'with --ci: fingerprints of keys that may approve beforehand')
    .option('--approvers-needed <count>', 'with --ci: how many of those approve each act; else 1')
    .option('--used <folder>', 'with --ci: a kept folder, so that no job uses one again');
}

/** `ioi connect` */
function addConnectCommand(add: Add): Program {
  return add(
    'connect [agents...]',
    'put the node before the servers of agents you have',
    async () => {
      return (await import('./commands/connect.ts')).connect;
    },
  )
    .option('--all', 'every agent that is installed')
    .option('--keep-servers', 'leave the servers it has where they are')
    .option('--no-policy', 'where no policy is active, begin with none: all is denied')
    .option('--hooks', 'have it ask by its own hooks before its shell does something')
    .option('--dry-run', 'only show what would be written')
    .option('--undo', 'put its settings back as they were, and the policy that it began with');
}

/** `ioi hook`: as a rule it is answered before any of this is loaded. */
function addHookCommand(add: Add): void {
  add('hook <agent>', 'what an agent starts before its shell does something', async () => {
    const { usageFault } = await import('./shell/fault.ts');
    throw usageFault('it is started as: ioi hook claude-code, codex or gemini-cli', 'ioi connect');
  }).option('--patience <seconds>', 'how long it waits for a person, at most; else 300');
}

/** `ioi doctor` */
function addDoctorCommand(add: Add): void {
  add('doctor [agents...]', 'whether all is as it should be, and what to do', async () => {
    return (await import('./commands/doctor.ts')).doctor;
  })
    .option('--probe', 'make agents try what must not happen, on a node of its own')
    .option('--agent <path...>', 'probe the agent that lies there')
    .option('--fault <name...>', 'with this going wrong around it as well, or all that is known');
}

/** `ioi mcp` is what a client starts; below it stands what a person does about servers. */
export function addMcpCommands(add: Add, addBelow: (parent: Program) => Add): Program {
  const mcp = add('mcp', 'what an MCP client starts; and the servers behind the node', async () => {
    return (await import('./commands/mcp.ts')).mcp;
  }).option('--objective <text>', 'what you want from this session, in words, or @FILE');
  const below = addBelow(mcp);
  addServerCommands(below);
  const load = () => import('./commands/mcp/tokens.ts');
  below('url', 'where clients reach the node over HTTP', async () => (await load()).mcpUrl);
  below('token <name>', 'let a client in over HTTP, under this name', async () => {
    return (await load()).mcpToken;
  });
  below('tokens', 'who may come in over HTTP', async () => (await load()).mcpTokens);
  below('revoke <name>', 'let this client in no more', async () => (await load()).mcpRevoke);
  return mcp;
}

/** Of every server, whatever the contracts of its tools say. */
function withLimits(command: Program): Program {
  return command
    .option('--calls-per-minute <count>', 'so many calls in any minute, or none')
    .option('--at-once <count>', 'so many calls at once, or none')
    .option('--seconds <count>', 'each call ends within so many seconds, or none')
    .option('--answer-bytes <size>', 'no longer answer than this, such as 1M, or none');
}

function addServerCommands(add: Add): void {
  const load = () => import('./commands/mcp/servers.ts');
  add('list', 'the servers behind the node, and how they are', async () => (await load()).mcpList);
  withLimits(
    add('add <name> [command...]', 'mount a server: --url URL, or -- COMMAND ARG…', async () => {
      return (await load()).mcpAdd;
    }),
  )
    .option('--url <url>', 'a server over Streamable HTTP')
    .option('--transport <name>', 'sse: one over the older HTTP with SSE')
    .option('--workspace <folder>', 'against which its paths are read')
    .option('--read <path...>', 'in a sandbox: what it may read, beside the system and its code')
    .option('--write <path...>', 'in a sandbox: what it may read and write')
    .option('--host <host...>', 'in a sandbox: where it may connect to, HOST or HOST:PORT')
    .option('--sandbox', 'in a sandbox that shows it nothing more');
  add('sandbox', 'whether servers can be bounded on this machine', async () => {
    return (await load()).mcpSandbox;
  });
  withLimits(
    add('limit <name>', 'what a mounted server is held to', async () => (await load()).mcpLimit),
  );
  add('remove <name>', 'unmount a server', async () => (await load()).mcpRemove);
  add('test <name>', 'ask a server anew for all it offers', async () => (await load()).mcpTest);
  add('accept <name>', 'take what a server says of its tools now', async () => {
    return (await load()).mcpAccept;
  }).option('--said <digest>', 'only if it still says what `ioi mcp test` showed');
  add('import <file>', 'servers of Claude, Cursor, Codex, Gemini, VS Code', async () => {
    return (await load()).mcpImport;
  }).option('--dry-run', 'only say which');
}
