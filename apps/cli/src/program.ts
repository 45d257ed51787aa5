import { Command as Program } from 'commander';
import { addAddOnCommands } from './add-on-program.ts';
import { addApprovalCommands } from './approval-program.ts';
import { addApproverCommands } from './approver-program.ts';
import { addArchiveCommands } from './archive-program.ts';
import { addAttendanceCommands } from './attendance-program.ts';
import { addAuditCommands } from './audit-program.ts';
import { addBridgeCommands } from './bridge-program.ts';
import { addCiCommands } from './ci-program.ts';
import { addCimCommands } from './cim-program.ts';
import { addConnectorCommands, addSshAgentCommand } from './connector-program.ts';
import type { ExitName } from './core/exit-codes.ts';
import { addCredentialCommands } from './credential-program.ts';
import { gathered } from './gathered.ts';
import { type Add, addGovernanceCommands, type Group, type Load } from './governance-program.ts';
import { addBackupCommands } from './identity-program.ts';
import { addLayerCommands } from './layers-program.ts';
import { addLifeCommands } from './life-program.ts';
import { addAgentCommands, addMcpCommands } from './mcp-program.ts';
import { addModelCommands } from './models-program.ts';
import { addNotifyCommands } from './notify-program.ts';
import {
  addDomainCommands,
  addDomainKeyCommands,
  addOperatorCommands,
} from './operator-commands.ts';
import { addOrgCommands } from './org-program.ts';
import { PASSPHRASE_ABOUT, PASSPHRASE_FILE } from './passphrase-option.ts';
import { addPauseCommands, addProposalCommand } from './pause-program.ts';
import { addRunsCommands } from './runs-program.ts';
import { addServiceCommands, addUninstallCommand, addUpgradeCommand } from './service-program.ts';
import { Context, type Options } from './shell/context.ts';
import { addWalletCommands } from './wallet-program.ts';
import { addWorkerCommands } from './worker-program.ts';
import { addWorkerRunCommands } from './worker-run-program.ts';
import { addWorkflowCommands } from './workflow-program.ts';

type OnEnd = (exit: ExitName | undefined) => void;

/** Every command with its words and options. What a command does is loaded when it runs. */
export function buildProgram(onEnd: OnEnd): Program {
  const program = new Program('ioi')
    .description('A deterministic boundary between an AI agent and its effects.')
    .option('--json', 'print JSON, and errors as one JSON line')
    .option('--plain', 'no colours, one record a line, tabs between fields')
    .option('--no-input', 'never ask; fail instead')
    .option('-V, --version', 'print the version')
    .helpCommand('help [command]', 'about a command, or: help exit-codes')
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError(true)
    .addHelpText('after', '\nGuides: docs/guides. Exit codes: ioi help exit-codes.');
  const add = (words: string, about: string, load: Load): Program =>
    adding(program, { words, about, load, onEnd });
  addLifeCommands(add);
  const addBelow =
    (parent: Program): Add =>
    (words, said, load) =>
      adding(parent, { words, about: said, load, onEnd });
  addApprovalCommands(add, addBelow, owned);
  addPauseCommands(add, owned);
  addReadingCommands(add);
  addAgentCommands(add, owned);
  addAttendanceCommands(add, addBelow);
  addRunsCommands(add, addBelow);
  const mcp = addMcpCommands(add, addBelow);
  addProjectionCommands(add, addBelow);
  addQueryCommands(add);
  addProofCommands(add);
  const groupIn =
    (above: Program): Group =>
    (name, about) => {
      const parent = above.command(name).description(about);
      return (words, said, load) => adding(parent, { words, about: said, load, onEnd });
    };
  const group = groupIn(program);
  addCredentialCommands(addBelow(mcp), groupIn(mcp), owned);
  addConnectorCommands(group);
  addSshAgentCommand(add);
  const policy = program.command('policy').description('read, test and activate policies');
  const addPolicy: Add = (words, about, load) => adding(policy, { words, about, load, onEnd });
  addPolicyCommands(addPolicy);
  addLayerCommands(addPolicy, groupIn(policy), owned);
  addApproverCommands(group, owned);
  addGovernanceCommands(group, owned, addBelow(addUpgradeCommand(add)));
  addOrgCommands(group, owned, add);
  addCiCommands(group);
  addNotifyCommands(group);
  addModelCommands(group);
  addAuditCommands(group);
  addServiceCommands(group);
  addUninstallCommand(add);
  const worker = group('worker', 'tasks done by programs whose every effect is a step');
  addWorkerCommands(worker);
  addWorkerRunCommands(worker);
  addWorkflowCommands(group);
  const wallet = program.command('wallet').description('identity, authority and its uses');
  addWalletCommands(addBelow(wallet), groupIn(wallet), owned, addBelow);
  addBackupCommands(add);
  addArchiveCommands(group);
  addDataCommands(group);
  addCimCommands(group);
  addWitnessCommands(group);
  const domain = program.command('domain').description('domains of this node, and their objects');
  addDomainCommands((words, about, load) => adding(domain, { words, about, load, onEnd }));
  addDomainKeyCommands(groupIn(domain)('key', 'keys that may speak in a domain'));
  const agentgres = group('agentgres', 'look at the logs, mend, migrate, hand over, restore');
  addOperatorCommands(agentgres);
  addTakeoverCommands(agentgres);
  return program;
}

function addReadingCommands(add: Add): void {
  add('log', 'the newest entries', async () => (await import('./commands/log.ts')).log)
    .option('-n, --lines <count>', 'how many')
    .option('--follow', 'and what comes, until Ctrl-C');
  add('search <text...>', 'entries by path, host, agent, rule, target, id or hash', async () => {
    return (await import('./commands/search.ts')).search;
  }).option('-n, --lines <count>', 'how many');
  add('show <id>', 'everything about an action, receipt, policy or entry', async () => {
    return (await import('./commands/show.ts')).show;
  });
  add('why <id>', 'which rule and field decided', async () => {
    return (await import('./commands/why.ts')).why;
  });
  add('reconcile <id>', 'find out about an unknown effect', async () => {
    return (await import('./commands/reconcile.ts')).reconcile;
  });
}

const DOMAIN = '--domain <domain>';
const DOMAIN_ABOUT = "the domain it is of; the node's own unless told";
const WHERE = '--where <condition>';
const WHERE_ABOUT = 'column=value; also < <= > >= and ^= for a beginning; repeatable';

function addQueryCommands(add: Add): void {
  add('query <projection>', 'rows of a projection, with the watermark they are of', async () => {
    return (await import('./commands/query.ts')).query;
  })
    .option(DOMAIN, DOMAIN_ABOUT)
    .option(WHERE, WHERE_ABOUT, gathered, [])
    .option('--order <columns>', 'columns with commas, -column for descending')
    .option('--limit <count>', 'how many rows, at most 1000')
    .option('--after <page>', 'the page after another')
    .option('--watermark <watermark>', 'wait until this is reflected: domain_seq:N')
    .option('--consistency <level>', 'one of the six levels; linearized_domain unless told')
    .option('--csv', 'comma separated values (RFC 4180)');
  add('watch <projection>', 'its rows, and every change, until Ctrl-C', async () => {
    return (await import('./commands/watch.ts')).watch;
  })
    .option(DOMAIN, DOMAIN_ABOUT)
    .option(WHERE, 'column=value; repeatable', gathered, []);
}

function addProjectionCommands(add: Add, addBelow: (parent: Program) => Add): void {
  const load = () => import('./commands/projections.ts');
  const listing = add('projections', 'what can be queried', async () => (await load()).projections);
  const below = addBelow(listing.option(DOMAIN, DOMAIN_ABOUT));
  below(
    'define <file>',
    'a view of your own (ProjectionDefinition), or - for standard input',
    async () => {
      return (await load()).projectionsDefine;
    },
  ).option(DOMAIN, DOMAIN_ABOUT);
  below('remove <projection>', 'a view of your own', async () => {
    return (await load()).projectionsRemove;
  }).option(DOMAIN, DOMAIN_ABOUT);
}

const TIMESTAMP = '--timestamp <url>';
const TSA_CA = '--tsa-ca <file>';
const TSA_CA_ABOUT = 'whose time stamps are believed, certificates in PEM';
const TSA_POLICY = '--tsa-policy <oid>';
const TSA_POLICY_ABOUT = 'the policy under which it must be stamped';

function addProofCommands(add: Add): void {
  add('export', 'the whole log in one file', async () => {
    return (await import('./commands/export.ts')).exportLog;
  })
    .option('--out <file>', 'where to, or - for standard output')
    .option('--force', 'replace a file that is there');
  add('receipt <id>', 'a receipt, also in forms that programs of others verify', async () => {
    return (await import('./commands/receipt.ts')).receipt;
  })
    .option('--format <format>', 'json, dsse, sigstore, cose, key and more; json unless told')
    .option('--out <file>', 'where to; standard output unless told')
    .option('--force', 'replace a file that is there')
    .option(TIMESTAMP, 'have the Sigstore bundle stamped (RFC 3161)')
    .option(TSA_CA, TSA_CA_ABOUT)
    .option(TSA_POLICY, TSA_POLICY_ABOUT)
    .option('--node <id>', 'the node it must be of; what the guardian says unless told')
    .option(DOMAIN, 'the domain it is of');
  add('verify <file>', 'check an export or a saved proof; needs no node', async () => {
    return (await import('./commands/verify.ts')).verifyFile;
  })
    .option('--expect <checkpoint>', 'a remembered checkpoint that the log must continue')
    .option('--node <id>', 'the node it must be of')
    .option(WITNESS, WITNESS_ABOUT, listed)
    .option('--witnesses-needed <count>', 'how many of them; all unless told')
    .option('--witnessed <file>', 'what they cosigned; FILE.witnessed unless told')
    .option(TSA_CA, 'check the time stamp beside the checkpoint: whose are believed, in PEM')
    .option(TSA_POLICY, TSA_POLICY_ABOUT);
  add('checkpoint', 'the signed head of the log, to remember', async () => {
    return (await import('./commands/checkpoint.ts')).checkpoint;
  })
    .option('--since <checkpoint>', 'say whether the log continues one kept earlier')
    .option('--witnessed', 'the newest one that witnesses cosigned, with their signatures')
    .option('--out <file>', 'where to; standard output unless told')
    .option(TIMESTAMP, 'have it stamped by a time-stamping authority (RFC 3161)')
    .option(TSA_CA, TSA_CA_ABOUT)
    .option(TSA_POLICY, TSA_POLICY_ABOUT)
    .option('--node <id>', 'the node it must be of');
  add('contract [tool]', 'what a tool may do, or a draft of it to review', async () => {
    return (await import('./commands/contract.ts')).contract;
  }).option('--server <name>', 'all tools of one server');
  add('intents', 'what this node can be asked for', async () => {
    return (await import('./commands/resolve.ts')).intents;
  });
  add('resolve <intents...>', 'the one tool that serves an intent, or why none does', async () => {
    return (await import('./commands/resolve.ts')).resolve;
  }).option('--evidence <shape>', 'what the answer must look like; several times', listed);
  add('completion <shell>', 'a script for bash, zsh or fish', async () => {
    return (await import('./commands/completion.ts')).completion;
  });
}

function addPolicyCommands(add: Add): void {
  const load = () => import('./commands/policy.ts');
  add(
    'check <file>',
    'whether a policy, or pack:NAME, would be accepted',
    async () => (await load()).policyCheck,
  );
  add(
    'test <file>',
    'run the examples in it, or in pack:NAME',
    async () => (await load()).policyTest,
  );
  owned(
    add(
      'activate <file>',
      'sign it, or pack:NAME, and make it decide',
      async () => (await load()).policyActivate,
    ),
  );
  add('show', 'the policy that decides now', async () => (await load()).policyShow).option(
    '--pack <name>',
    'a pack instead',
  );
  const switchMode = (name: string, about: string, run: 'policyObserve' | 'policyEnforce') =>
    owned(add(name, about, async () => (await load())[run]));
  switchMode('observe', 'record what the rules would decide; only BLOCK holds', 'policyObserve');
  switchMode('enforce', 'let all rules decide again', 'policyEnforce');
  add('packs', 'policies that come with the program', async () => (await load()).policyPacks);
  add('diff [old] [new]', 'what a change means: files, hashes or `active`', async () => {
    return (await import('./commands/policy-diff.ts')).policyDiff;
  })
    .option('--certificate <file>', 'write the proof that no request goes further')
    .option('--verify <file>', 'check such a proof instead');
  add('replay <file>', 'what recorded actions would come to under it', async () => {
    return (await import('./commands/policy-replay.ts')).policyReplay;
  }).option('--actions <count>', 'the last so many; 1000 unless told');
  add('draft <server>', 'a policy to start from, from the tools of a server', async () => {
    return (await import('./commands/policy-draft.ts')).policyDraft;
  });
  add('learn', 'the least policy that covers what the log holds', async () => {
    return (await import('./commands/policy-learn.ts')).policyLearn;
  })
    .option('--since <time>', 'from then on, such as 2026-01-31T08:00:00Z')
    .option('--session <id>', 'of that session alone')
    .option('-o, --out <file>', 'write it there as well, where nothing is yet');
  addProposalCommand(add, owned);
  owned(
    add('leases', 'what was approved so often that it need not be asked for a while', async () => {
      return (await import('./commands/policy-leases.ts')).policyLeases;
    }),
  )
    .option('--since <time>', 'of approvals from then on, such as 2026-01-31T08:00:00Z')
    .option('--session <id>', 'of that session, and for it alone')
    .option('--min <count>', 'so many approvals of one kind; 3 unless told')
    .option('--for <time>', 'how long it holds, such as 90m or 2d; 8h unless told')
    .option('--calls <count>', 'how many calls while it holds; 50 unless told')
    .option('--accept <id>', 'add it to the policy, and have that signed')
    .option('-o, --out <file>', 'write that policy as well, where nothing is yet');
  add('import [file...]', 'a policy from what other programs were allowed', async () => {
    return (await import('./commands/policy-import.ts')).policyImport;
  })
    .option('--from <program>', 'claude, codex or gemini; all of them unless told')
    .option('--project <folder>', 'whose settings are read, and where its paths start')
    .option('--out <file>', 'write it there as well, where nothing is yet');
}

/** What a command takes that signs with the owner's key. */
function owned(command: Program): Program {
  return command
    .option('--yes', 'without a passphrase, on a demo node only')
    .option(PASSPHRASE_FILE, PASSPHRASE_ABOUT);
}

function addTakeoverCommands(add: Add): void {
  const load = () => import('./commands/agentgres.ts');
  add(
    'restore <backup>',
    'go on from an export, as a new epoch',
    async () => (await load()).restore,
  )
    .option('--owner-key <file>', "the owner's key file, where it is not in this home")
    .option(PASSPHRASE_FILE, PASSPHRASE_ABOUT);
  add('handover', 'let another seal key go on, here or elsewhere', async () => {
    return (await load()).handover;
  })
    .option('--to <folder>', 'as a whole node in a new or empty folder')
    .option(PASSPHRASE_FILE, PASSPHRASE_ABOUT);
}

function addDataCommands(group: Group): void {
  const add = group('data', 'what is kept beside the log, and forgotten');
  const load = () => import('./commands/data.ts');
  add(
    'show [selector...]',
    'what is kept: sha256:, request:, agent:, class:, older:30d',
    async () => {
      return (await load()).dataShow;
    },
  ).option('--content', 'print what it says');
  add('retain <class>', 'how long a class is kept', async () => (await load()).dataRetain)
    .option('--days <count>', 'days; 0 for no longer than its action takes')
    .option('--max <size>', 'at most so much of it, such as 2GiB');
  add('hold <selector...>', 'keep it whatever the rules say', async () => {
    return (await load()).dataHold;
  }).option('--matter <name>', 'what for; the same name releases it');
  add('release <selector...>', 'let a hold go', async () => {
    return (await load()).dataRelease;
  }).option('--matter <name>', 'whose hold');
  add('forget <selector...>', 'destroy it for good; the log says so', async () => {
    return (await load()).dataForget;
  })
    .option('--reason <text>', 'what the record says about it')
    .option('--yes', 'without asking');
}

/** What runs beside the node, or is offered by it. */
function addWitnessCommands(group: Group): void {
  addAddOnCommands(group);
  addBridgeCommands(group);
  const add = group('witness', 'remember how far logs came, for others');
  const load = () => import('./commands/witness.ts');
  add('init', 'make a witness, with a key of its own', async () => (await load()).witnessInit)
    .requiredOption('--data <folder>', 'where it keeps its key and what it promised')
    .requiredOption('--name <name>', 'under which it signs, such as witness.example/w1');
  add('serve', 'cosign what logs submit', async () => (await load()).witnessServe)
    .requiredOption('--data <folder>', 'as for init')
    .requiredOption('--listen <address>', 'such as 127.0.0.1:8470')
    .option('--log <origin=vkey>', 'a log it cosigns; may be repeated', listed)
    .option('--trust-on-first-use', 'cosign any other log by the key it comes with first');
  add('status', 'which logs of this node were cosigned, by whom', async () => {
    return (await load()).witnessStatus;
  });
  add('logs', 'which logs are quiet here, and which said two things', async () => {
    return (await import('./commands/witness-logs.ts')).witnessLogs;
  })
    .requiredOption('--data <folder>', 'as for init')
    .option('--quiet-after <time>', 'a log that did not grow for so long is quiet', '72h')
    .option('--ocsf', 'print what somebody should look at, as findings, a JSON object a line');
  add('log-key', 'origin and key of a log of this node, for --log', async () => {
    return (await load()).witnessLogKey;
  }).option(DOMAIN, DOMAIN_ABOUT);
  add('check <fault>', 'check the proof of a rolled back or forked log', async () => {
    return (await load()).witnessCheck;
  })
    .option(WITNESS, WITNESS_ABOUT, listed)
    .option('--node <id>', 'the node it must be about')
    .option('--one-signature', 'a fork signed by one of the two keys is enough');
}

const WITNESS = '--witness <vkey>';
const WITNESS_ABOUT = 'a key of a witness that is believed; may be repeated';

function listed(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

type Added = {
  readonly words: string;
  readonly about: string;
  readonly load: Load;
  readonly onEnd: OnEnd;
};

function adding(parent: Program, { words, about, load, onEnd }: Added): Program {
  const command = parent.command(words).description(about).allowExcessArguments(false);
  return command.action(async () => {
    // A command's own option says more than one of all commands by the same name.
    const options: Options = { ...command.optsWithGlobals<Options>(), ...command.opts<Options>() };
    const context = new Context(process.env, options);
    onEnd(await (await load())(context, command.args, options));
  });
}
