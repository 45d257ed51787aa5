import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { err, ok, type Result } from '@ioi/basis';

/** This machine, its neighbours, and what answers for a cloud: nobody means them by a name. */
const NEAR = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['168.63.129.16', 32],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['224.0.0.0', 3],
] as const) {
  NEAR.addSubnet(net, bits, 'ipv4');
}
for (const [net, bits] of [
  ['::', 96],
  ['::ffff:0:0:0', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  // An IPv4 address stands in these: of Teredo and 6to4.
  ['2001::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const) {
  NEAR.addSubnet(net, bits, 'ipv6');
}

/** Of networks over IPv6 everything behind so many bits is one's neighbour. */
const LINK_BITS = 64;

/**
 * Whether an address is of this machine, its neighbours, or what answers for a cloud. Its own are
 * looked up each time: a machine moves.
 */
export function isNear(address: string, interfaces = networkInterfaces()): boolean {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (NEAR.check(address, family)) return true;
  const own = new BlockList();
  for (const each of Object.values(interfaces).flatMap((some) => some ?? [])) {
    if (each.internal) continue;
    const isLink = each.family === 'IPv6' && Number(each.cidr?.split('/')[1]) >= LINK_BITS;
    if (isLink) own.addSubnet(each.address, LINK_BITS, 'ipv6');
    else own.addAddress(each.address, each.family === 'IPv6' ? 'ipv6' : 'ipv4');
  }
  return own.check(address, family);
}

/**
 * Where a host is, sorted: an address is itself. Of a name what leads near is left out, and one
 * that leads nowhere else is refused: only an address says so itself.
 */
export async function addressesOf(host: string): Promise<Result<readonly string[], string>> {
  if (isIP(host) !== 0) return ok([host]);
  const found = await lookup(host, { all: true }).catch(() => []);
  const far = found.map(({ address }) => address).filter((address) => !isNear(address));
  if (far.length > 0) return ok([...new Set(far)].sort());
  const why = found.length === 0 ? 'is not found' : 'leads to this machine or its neighbours';
  return err(`${host} ${why}`);
}
