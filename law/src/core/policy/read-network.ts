import type { Json } from '@ioi/canon';
import { isRange, printRange, readRange } from './address.ts';
import { readProtocol } from './destination.ts';
import { printMethodEntry, readMethodEntry } from './methods.ts';
import { printPorts, readPorts } from './ports.ts';
import { type Reading, readList, wrongType } from './reader.ts';

const MOST_ENTRIES = 4096;

export function readIp(value: string, pointer: string, { faults }: Reading): string | undefined {
  const range = readRange(value);
  if (isRange(range)) return printRange(range);
  return faults.add({ code: 'policy.invalid_address', pointer, ...range });
}

export function readProtocolText(
  value: string,
  pointer: string,
  { faults }: Reading,
): string | undefined {
  const protocol = readProtocol(value);
  if (protocol !== undefined) return protocol;
  const hint = 'write the scheme alone: https, http, tcp, udp, ssh';
  const message = `\`${value.slice(0, 100)}\` is no protocol`;
  return faults.add({ code: 'policy.invalid_protocol', pointer, message, hint });
}

export function readMethodText(
  value: string,
  pointer: string,
  { faults }: Reading,
): string | undefined {
  const entry = readMethodEntry(value);
  if (entry !== undefined) return printMethodEntry(entry);
  const hint = 'one space between method and path; the path without query, dots or `%2F`';
  const message = 'expected a method such as "GET", or with a path such as "POST /sobjects"';
  return faults.add({ code: 'policy.invalid_method', pointer, message, hint });
}

/** Ports may be written as numbers, ranges as text. */
export function readPortList(value: Json, pointer: string, reading: Reading): string[] | undefined {
  const item = (each: Json, place: string): string | undefined => {
    if (typeof each !== 'string' && typeof each !== 'number') {
      return wrongType(reading.faults, place, 'a port or a range of ports');
    }
    const ports = readPorts(String(each));
    if (ports !== undefined) return printPorts(ports);
    const message = 'expected a port of 0 to 65535, or a range such as "8000-8100"';
    return reading.faults.add({ code: 'policy.invalid_port', pointer: place, message });
  };
  return readList(value, pointer, { least: 1, most: MOST_ENTRIES, item }, reading);
}
