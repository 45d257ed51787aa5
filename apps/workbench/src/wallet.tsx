import { useQuery } from '@tanstack/react-query';
import { Approvers } from './approvers.tsx';
import { Audit } from './audit.tsx';
import { Certificates, Grants, Requests } from './authority.tsx';
import { Command } from './command.tsx';
import { Connections } from './connections.tsx';
import { Loaded, Section } from './loaded.tsx';
import { Title } from './parts.tsx';
import { approvers, certificates, grants, requests } from './wallet-queries.ts';

/** What may be done, by whom, until when, and what was done under it. */
export function Wallet() {
  return (
    <>
      <Title>Wallet</Title>
      <p>
        No page here gives or takes anything back: that is signed at the guardian, with your
        passphrase, which shows first what you sign. What a button below names is handed to its
        page, where passkeys are made and the vault is locked too:{' '}
        <Command text="ioi inbox --open" />. Commands do the same in your terminal.
      </p>
      <Section title="Asked for">
        <Loaded query={useQuery(requests)}>{(page) => <Requests page={page} />}</Loaded>
      </Section>
      <Section title="Grants and leases">
        <Loaded query={useQuery(grants)}>{(page) => <Grants page={page} />}</Loaded>
      </Section>
      <Section title="Certificates">
        <Loaded query={useQuery(certificates)}>{(page) => <Certificates page={page} />}</Loaded>
      </Section>
      <Section title="Connections">
        <Connections />
      </Section>
      <Section title="Who may approve">
        <Loaded query={useQuery(approvers)}>{(page) => <Approvers page={page} />}</Loaded>
      </Section>
      <Section title="Uses of authority">
        <Audit />
      </Section>
    </>
  );
}
