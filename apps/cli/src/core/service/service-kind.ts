/** What keeps a node running: whose service manager, and for whom. */
export type ServiceKind = {
  readonly by: 'systemd' | 'launchd';
  /** Of this account while it is there, or of the machine. */
  readonly scope: 'user' | 'system';
};

/** Folders of the account the service is for. */
export type ServicePlaces = {
  readonly home: string;
  /** `XDG_CONFIG_HOME`, where it is absolute. */
  readonly config?: string | undefined;
};

/** Where the file of a service is. */
export function servicePath(kind: ServiceKind, name: string, places: ServicePlaces): string {
  if (kind.by === 'systemd') {
    const config = places.config ?? `${places.home}/.config`;
    const folder = kind.scope === 'system' ? '/etc/systemd/system' : `${config}/systemd/user`;
    return `${folder}/${name}.service`;
  }
  const above = kind.scope === 'system' ? '' : places.home;
  const folder = kind.scope === 'system' ? 'LaunchDaemons' : 'LaunchAgents';
  return `${above}/Library/${folder}/${name}.plist`;
}

export type ServiceTarget = {
  readonly kind: ServiceKind;
  readonly name: string;
  readonly path: string;
  readonly uid: number;
};

type Words = readonly string[];

/** Has the manager read the file, and keeps the node running from now on. */
export function startCommands({ kind, name, path, uid }: ServiceTarget): readonly Words[] {
  if (kind.by === 'systemd') {
    const systemctl = systemctlWords(kind);
    const unit = `${name}.service`;
    return [
      [...systemctl, 'daemon-reload'],
      [...systemctl, 'enable', '--now', unit],
    ];
  }
  return [['launchctl', 'bootstrap', launchDomain(kind, uid), path]];
}

/** Stops it, and has it not started again; systemd disables only what has a file. */
export function stopCommands(
  { kind, name, uid }: ServiceTarget,
  hasFile: boolean,
): readonly Words[] {
  if (kind.by === 'systemd') {
    const words = hasFile ? ['disable', '--now'] : ['stop'];
    return [[...systemctlWords(kind), ...words, `${name}.service`]];
  }
  return [['launchctl', 'bootout', `${launchDomain(kind, uid)}/${name}`]];
}

/** Once its file is gone. */
export function forgetCommands({ kind }: ServiceTarget): readonly Words[] {
  return kind.by === 'systemd' ? [[...systemctlWords(kind), 'daemon-reload']] : [];
}

/** Starts it anew, with what its file says by now. */
export function restartCommands(target: ServiceTarget): readonly Words[] {
  const { kind, name } = target;
  if (kind.by === 'launchd') return [...stopCommands(target, true), ...startCommands(target)];
  const systemctl = systemctlWords(kind);
  return [
    [...systemctl, 'daemon-reload'],
    [...systemctl, 'restart', `${name}.service`],
  ];
}

/** What asks the manager how it stands. */
export function standingCommand({ kind, name, uid }: ServiceTarget): Words {
  if (kind.by === 'launchd') return ['launchctl', 'print', `${launchDomain(kind, uid)}/${name}`];
  const asked = 'LoadState,UnitFileState,ActiveState,MainPID,FragmentPath,DropInPaths,Result';
  return [...systemctlWords(kind), 'show', `${name}.service`, `--property=${asked}`];
}

/** Whether there is a manager that listens. */
export function presenceCommand({ kind, uid }: ServiceTarget): Words {
  if (kind.by === 'launchd') return ['launchctl', 'print', launchDomain(kind, uid)];
  return [...systemctlWords(kind), 'show', '--property=Version'];
}

function systemctlWords({ scope }: ServiceKind): Words {
  return scope === 'user' ? ['systemctl', '--user'] : ['systemctl'];
}

function launchDomain({ scope }: ServiceKind, uid: number): string {
  return scope === 'user' ? `gui/${uid}` : 'system';
}
