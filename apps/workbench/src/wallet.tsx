import { useQuery } from '@tanstack/react-query';
import { status } from './api.ts';
import { Approvers } from './approvers.tsx';
import { Audit, MOST_USES } from './audit.tsx';
import { Certificates, Grants, Requests } from './authority.tsx';
import { Command } from './command.tsx';
import { Connections } from './connections.tsx';
import { Loaded, Section } from './loaded.tsx';
import { Title } from './parts.tsx';
import { approvers, audit, certificates, grants, requests, tokens } from './wallet-queries.ts';

/** What may be done, by whom, until when, and what was done under it. */
export function Wallet() {
  const asked = useQuery(requests);
  const given = useQuery(grants);
  const certified = useQuery(certificates);
  const named = useQuery(approvers);
  const others = [useQuery(tokens), useQuery(status), useQuery(audit('', MOST_USES))];
  // All at once: what came one by one would push down what is read already.
  const isPending = [asked, given, certified, named, ...others].some((each) => each.isPending);
  if (isPending) {
    return (
      <>
        <Title>Wallet</Title>
        <p>Asking the node.</p>
      </>
    );
  }
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
        <Loaded query={asked}>{(page) => <Requests page={page} />}</Loaded>
      </Section>
      <Section title="Grants and leases">
        <Loaded query={given}>{(page) => <Grants page={page} />}</Loaded>
      </Section>
      <Section title="Certificates">
        <Loaded query={certified}>{(page) => <Certificates page={page} />}</Loaded>
      </Section>
      <Section title="Connections">
        <Connections />
      </Section>
      <Section title="Who may approve">
        <Loaded query={named}>{(page) => <Approvers page={page} />}</Loaded>
      </Section>
      <Section title="Uses of authority">
        <Audit />
      </Section>
    </>
  );
}
