import {
  type EvidenceGraph,
  observeResult,
  openGraph,
  type Provenance,
  provenanceOf,
} from '@ioi/firewall';
import type { RuntimeToolContract } from '@ioi/protocol';

type Read = { readonly contract: RuntimeToolContract; readonly text: string };

/**
 * What one session was asked for and has read. Results are taken apart only once a policy wants
 * to know where values come from; until then they are kept as they came.
 */
export type SessionEvidence = {
  readonly graph: EvidenceGraph;
  readonly unread: readonly Read[];
};

/** Results are kept unread up to here, then taken apart, which bounds what is kept. */
const MOST_UNREAD = 64;

export function openEvidence(objective: string | undefined): SessionEvidence {
  return { graph: openGraph(objective), unread: [] };
}

/** With what a call returned to the agent. */
export function withAnswer(
  evidence: SessionEvidence,
  contract: RuntimeToolContract,
  output: unknown,
): SessionEvidence {
  const texts = textsOf(output);
  // A result without any text is read all the same.
  const reads = (texts.length === 0 ? [''] : texts).map((text) => ({ contract, text }));
  const unread = [...evidence.unread, ...reads];
  const kept = { graph: evidence.graph, unread };
  return unread.length > MOST_UNREAD ? allRead(kept) : kept;
}

export function allRead({ graph, unread }: SessionEvidence): SessionEvidence {
  const read = unread.reduce((into, each) => observeResult(into, each.contract, each.text), graph);
  return { graph: read, unread: [] };
}

/** Where the arguments of a call come from; of evidence that was all read. */
export function provenanceOfCall(
  { graph }: SessionEvidence,
  { act, parameters }: RuntimeToolContract,
  given: Readonly<Record<string, unknown>>,
): Provenance {
  const destinations = parameters.filter(({ kind, is_destination }) => {
    return is_destination ?? (kind === 'path' || kind === 'path_list' || kind === 'url');
  });
  const contents = parameters.filter(({ kind }) => kind === 'content');
  const values = (of: typeof parameters) => of.map(({ argument }) => given[argument]);
  return provenanceOf(graph, {
    act,
    destinations: values(destinations),
    contents: values(contents),
  });
}

/** The texts of an MCP tool result: its blocks, and what it says in structure. */
function textsOf(output: unknown): string[] {
  if (typeof output !== 'object' || output === null) return [];
  const { content, structuredContent, $error } = output as Record<string, unknown>;
  const blocks = Array.isArray(content) ? content.flatMap(textOfBlock) : [];
  const structured = [structuredContent, $error].flatMap((each) =>
    each === undefined ? [] : [JSON.stringify(each)],
  );
  return [...blocks, ...structured];
}

function textOfBlock(block: unknown): string[] {
  if (typeof block !== 'object' || block === null) return [];
  const { text, resource } = block as { text?: unknown; resource?: { text?: unknown } };
  return [text, resource?.text].filter((each) => typeof each === 'string');
}
