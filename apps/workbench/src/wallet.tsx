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
        No page gives or takes anything back: that is signed at the guardian, in your terminal, with
        your passphrase: each command below shows what it signs first. On the page of the guardian,
        passkeys are made and the vault is locked: <Command text="ioi inbox --open" />
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
