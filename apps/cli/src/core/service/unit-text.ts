import { err, ok, type Result } from '@ioi/basis';
import type { ServiceKind } from './service-kind.ts';

export type ServiceText = {
  readonly kind: ServiceKind;
  readonly name: string;
  /** The program first. */
  readonly command: readonly string[];
  /** All of it: nothing else is taken over, so that no secret of a shell gets into a file. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whose node it is, for a service of the machine: a number, or for launchd a name. */
  readonly account?: string | undefined;
  /** Its processes have accounts of their own, by which root starts them. */
  readonly isDedicated?: boolean | undefined;
  /** Takes what it says before its own log is open; launchd has nowhere else to put it. */
  readonly log: string;
};

export type ServiceTextError = { readonly code: 'service.path_impossible'; readonly why: string };

/** The file that has a service manager keep a node running. */
export function serviceText(about: ServiceText): Result<string, ServiceTextError> {
  return about.kind.by === 'systemd' ? unitText(about) : plistText(about);
}

const HEAD = [
  '# Written by "ioi service install"; "ioi service remove" takes it away.',
  '# Additions of yours belong in a drop-in ("systemctl edit"), which both leave alone.',
];

// A person has to look at whatever ends `ioi up` with a number of its own: the supervisor starts
// its processes again by itself. What is left for systemd is a supervisor that was killed.
const NOT_AGAIN = '1 2 3 4 12';

// What Node and bubblewrap can live with. Not here: what takes namespaces away or mounts over
// /proc, since sandboxes are made of them, and MemoryDenyWriteExecute, since V8 compiles.
const HARDENING = [
  'NoNewPrivileges=yes',
  'UMask=0077',
  'LimitCORE=0',
  'LockPersonality=yes',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK',
  'SystemCallArchitectures=native',
];
// Root, which starts each process by its account and stops it, and may do nothing else of root's.
const DEDICATED = ['User=root', 'CapabilityBoundingSet=CAP_SETUID CAP_SETGID CAP_KILL'];
const HARDENING_OF_MACHINE = ['ProtectSystem=full', 'ProtectClock=yes', 'KeyringMode=private'];

function unitText(about: ServiceText): Result<string, ServiceTextError> {
  const { kind, name, command, environment, account } = about;
  const [program = '', ...args] = command;
  const bad = unusable(program);
  if (bad !== undefined) return err({ code: 'service.path_impossible', why: bad });
  const words = [quotedWord(program, '$'), ...args.map((each) => quotedWord(each, '$$'))];
  const isSystem = kind.scope === 'system';
  const lines = [
    ...HEAD,
    '[Unit]',
    `Description=IOI node ${name}`,
    'After=network.target',
    'StartLimitIntervalSec=300',
    'StartLimitBurst=5',
    '',
    '[Service]',
    'Type=exec',
    ...(account === undefined ? [] : [`User=${account}`]),
    ...(about.isDedicated === true ? DEDICATED : []),
    `ExecStart=${words.join(' ')}`,
    ...Object.entries(environment).map(([key, value]) => {
      return `Environment=${quotedWord(`${key}=${value}`, '$')}`;
    }),
    'Restart=on-failure',
    'RestartSec=5',
    `RestartPreventExitStatus=${NOT_AGAIN}`,
    // The supervisor stops the others in order; a server that ran out of memory is not the node.
    'KillMode=mixed',
    'TimeoutStopSec=40',
    'OOMPolicy=continue',
    ...HARDENING,
    ...(isSystem ? HARDENING_OF_MACHINE : []),
    '',
    '[Install]',
    `WantedBy=${isSystem ? 'multi-user.target' : 'default.target'}`,
  ];
  return ok(`${lines.join('\n')}\n`);
}

/** systemd takes no program whose path has these, however it is quoted. */
function unusable(program: string): string | undefined {
  if (!program.startsWith('/')) return `the program ${program} has no absolute path`;
  if (!/[\x00-\x1f\x7f"'\\]/.test(program)) return undefined;
  return `systemd starts no program with such a path: ${JSON.stringify(program)}`;
}

/** One word of a unit file (systemd.syntax, systemd.service "COMMAND LINES"). */
function quotedWord(word: string, dollar: '$' | '$$'): string {
  const escaped = word.replaceAll(ODD, (char) => {
    if (char === '%') return '%%';
    if (char === '$') return dollar;
    if (char === '"' || char === '\\') return `\\${char}`;
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  return `"${escaped}"`;
}

// They would end the line, or mean something in it.
const ODD = /[\x01-\x1f\x7f%$"\\]/g;

// XML 1.0 has no way to write them.
const NO_XML = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;

function plistText(about: ServiceText): Result<string, ServiceTextError> {
  const { name, command, environment, account, log } = about;
  const texts = [...command, ...Object.values(environment), log];
  const bad = texts.find((each) => NO_XML.test(each));
  if (bad !== undefined) {
    const why = `a property list cannot hold this path: ${JSON.stringify(bad)}`;
    return err({ code: 'service.path_impossible', why });
  }
  const variables = Object.entries(environment).flatMap(([key, value]) => pair(key, text(value)));
  const body = [
    ...pair('Label', text(name)),
    ...(account === undefined ? [] : pair('UserName', text(account))),
    ...pair('ProgramArguments', ['<array>', ...command.flatMap(text), '</array>']),
    ...pair('EnvironmentVariables', ['<dict>', ...variables, '</dict>']),
    ...pair('RunAtLoad', ['<true/>']),
    // As with systemd: only after a signal, since what ends it by itself wants a person.
    ...pair('KeepAlive', ['<dict>', ...pair('Crashed', ['<true/>']), '</dict>']),
    ...pair('ThrottleInterval', ['<integer>10</integer>']),
    ...pair('ExitTimeOut', ['<integer>40</integer>']),
    ...pair('Umask', ['<integer>63</integer>']),
    ...pair('StandardErrorPath', text(log)),
  ];
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<!DOCTYPE plist PUBLIC "${PLIST_ID}" "${PLIST_URL}">`,
    '<!-- Written by "ioi service install"; "ioi service remove" takes it away. -->',
    '<plist version="1.0">',
    '<dict>',
    ...body,
    '</dict>',
    '</plist>',
  ];
  return ok(`${lines.join('\n')}\n`);
}

const PLIST_ID = '-//Apple//DTD PLIST 1.0//EN';
const PLIST_URL = 'http://www.apple.com/DTDs/PropertyList-1.0.dtd';

function pair(key: string, value: readonly string[]): readonly string[] {
  return [`<key>${key}</key>`, ...value];
}

function text(value: string): readonly string[] {
  const escaped = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return [`<string>${escaped.replaceAll('\r', '&#13;')}</string>`];
}
