import { readFileSync } from 'node:fs';

const LISTENING = '0A';
/** Of IPv4 and IPv6, as the kernel prints them: everywhere, and the loopback. */
const REACHED = [
  /^0{8}$/,
  /^[0-9A-F]{6}7F$/,
  /^0{32}$/,
  /^0{24}01000000$/,
  /^0{16}FFFF0000[0-9A-F]{6}7F$/,
];

/** Ports at which something listens here, where the loopback leads to it; sorted. */
export function listeningPorts(files = ['/proc/net/tcp', '/proc/net/tcp6']): readonly number[] {
  const ports = files.flatMap((file) => textOf(file).split('\n').flatMap(portIn));
  return [...new Set(ports)].sort((one, other) => one - other);
}

function portIn(line: string): number[] {
  const [, local = '', , state] = line.trim().split(/\s+/);
  const [address = '', port = ''] = local.split(':');
  if (state !== LISTENING || !REACHED.some((each) => each.test(address))) return [];
  return [Number.parseInt(port, 16)];
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
