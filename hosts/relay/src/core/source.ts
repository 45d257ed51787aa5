const GROUPS = 8;
/** Of an IPv6 address: whoever has one has all that begin like it. */
const GROUPS_OF_NETWORK = 4;

/** Who somebody is that connected, as far as an address tells: IPv4's own, IPv6's network. */
export function sourceOf(address = ''): string {
  if (!address.includes(':') || address.includes('.')) return address;
  const [plain = ''] = address.split('%');
  const [head = '', tail] = plain.split('::');
  const first = groupsIn(head);
  const last = groupsIn(tail ?? '');
  const zeros = Array.from({ length: GROUPS - first.length - last.length }, () => '0');
  return [...first, ...zeros, ...last].slice(0, GROUPS_OF_NETWORK).join(':');
}

function groupsIn(text: string): string[] {
  return text.split(':').filter((group) => group !== '');
}
