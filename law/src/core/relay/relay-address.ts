const ADDRESS = /^(?:\[([0-9a-f:.]{2,45})\]|([a-z0-9.-]{1,253})):([0-9]{1,5})$/;
const LAST_PORT = 65_535;

/** Where a relay is reached, by nodes and by approvers alike. */
export type RelayAddress = { readonly host: string; readonly port: number };

/** `relay.example.org:8443`; nothing is assumed. */
export function relayAddressIn(text: string): RelayAddress | undefined {
  const [, address, name = '', digits = ''] = ADDRESS.exec(text) ?? [];
  const port = Number(digits);
  const host = address ?? name;
  return host !== '' && port >= 1 && port <= LAST_PORT ? { host, port } : undefined;
}
