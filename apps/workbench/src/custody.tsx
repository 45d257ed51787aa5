import { type CustodyLink, custodyIn } from '@ioi/law/shown';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { type Checked, heard, proven, shown } from './api.ts';
import { Command } from './command.tsx';
import { Graph, type GraphNode } from './graph/graph.tsx';
import type { GraphEdge } from './graph/layout.ts';
import { Section } from './loaded.tsx';
import { Badge, BUTTON, Facts, Failed, Foreign, Time, toneOf } from './parts.tsx';
import { saveFile } from './save-file.ts';
import { ask } from './session.ts';

const CHECKPOINT = 'checkpoint';

/** `act`: the hash of its request. */
type CustodyProps = { readonly act: string; readonly nodeId: string };

/** Through whose hands an act went, up to the checkpoint over it that this browser checked. */
export function Custody({ act, nodeId }: CustodyProps) {
  const links = custodyIn(useQuery(shown(act)).data?.entries ?? []);
  const last = links.at(-1);
  const checked = useQuery({ ...proven(last?.seq ?? '', nodeId), enabled: last !== undefined });
  if (last === undefined) return null;
  const word = checked.error === null ? proofWord(checked.data) : 'not checked';
  const order = [...links.map(({ id }) => id), CHECKPOINT];
  const end: GraphNode = { id: CHECKPOINT, title: CHECKPOINT, about: word, tone: toneOf(word) };
  return (
    <Section title="Chain of custody">
      <Graph
        label="Chain of custody"
        layers={order.map((id) => [id])}
        nodes={[...links.map(nodeOf), end]}
        edges={order.slice(1).map((to, at): GraphEdge => {
          return { from: order[at] ?? '', to, kind: 'sure' };
        })}
      >
        {(id) => {
          const link = links.find((each) => each.id === id);
          if (link !== undefined) return <Hand link={link} />;
          return <Checkpoint word={word} checked={checked.data} />;
        }}
      </Graph>
      <Bundle nodeId={nodeId} />
    </Section>
  );
}

function proofWord(checked: Checked | undefined): string {
  if (checked === undefined) return 'being checked';
  return checked.isProven ? 'PROVEN' : 'NOT PROVEN';
}

function Checkpoint({ word, checked }: { word: string; checked: Checked | undefined }) {
  const over = checked?.isProven ? `, over ${checked.size} entries` : '';
  return (
    <Facts
      of={[
        ['checkpoint', 'what the guardian signed over the log, checked by this browser'],
        [
          'Came to',
          <Badge key="word" tone={toneOf(word)}>
            {`${word}${over}`}
          </Badge>,
        ],
      ]}
    />
  );
}

function nodeOf({ id, stage, word }: CustodyLink): GraphNode {
  const tone = stage === 'request' || stage === 'seal' ? 'plain' : toneOf(word);
  return { id, title: stage, about: word, tone };
}

const WHAT: Readonly<Record<CustodyLink['stage'], string>> = {
  request: 'what the agent asked for, in canonical form',
  decision: 'what the policy came to; the guardian decided it again',
  approval: 'what a person said, bound to exactly this request',
  seal: 'signed by the guardian, before anything was done',
  effect: 'what came of it',
  receipt: 'that it was recorded, in the same log',
};

function Hand({ link: { stage, word, seq, at, names } }: { link: CustodyLink }) {
  return (
    <Facts
      of={[
        [stage, WHAT[stage]],
        [
          'Came to',
          <Badge key="word" tone={toneOf(word)}>
            {word}
          </Badge>,
        ],
        ...(names.length === 0
          ? []
          : [['Known by', <Foreign key="names" text={names.join('  ')} />] as const]),
        [
          'Stands in',
          <Link key="seq" to="/atlas/$id" params={{ id: seq }} className="underline">
            {`entry ${seq}`}
          </Link>,
        ],
        ['Chain Time', <Time key="at" millis={at} />],
      ]}
    />
  );
}

/** Of this machine nothing has to be believed: the file is checked wherever `ioi` is. */
function Bundle({ nodeId }: { nodeId: string }) {
  const [fault, setFault] = useState<Error>();
  const save = (): void => {
    setFault(undefined);
    heard(ask('/v1/export'))
      .then((answer) => answer.blob())
      .then((blob) => saveFile('log.ioi', blob))
      .catch((thrown: Error) => setFault(thrown));
  };
  return (
    <div className="mt-3 space-y-2">
      <p className="flex flex-wrap items-center gap-3">
        <button type="button" className={BUTTON} onClick={save}>
          Save the log as log.ioi
        </button>
        <Command text={`ioi verify log.ioi --node ${nodeId}`} />
      </p>
      {fault === undefined ? null : <Failed fault={fault} />}
    </div>
  );
}
