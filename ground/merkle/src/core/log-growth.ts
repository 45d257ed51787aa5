import { assert } from '@ioi/basis';
import type { Frontier } from './frontier.ts';
import { type LeafReader, type NodeReader, nodesFromLeaves } from './log-nodes.ts';

/**
 * Nodes of a log known by its frontier at one size and by the leaves appended since: what
 * `consistencyProof` from that size reads, so growth is proved without the entries before it.
 */
export function nodesFromGrowth(old: Frontier, leafAt: LeafReader): NodeReader {
  const peaks = peaksByPlace(old);
  const grown = nodesFromLeaves(leafAt);
  return (level, index) => {
    if (index * 2 ** level >= old.size) return grown(level, index);
    const peak = peaks.get(placeName(level, index));
    assert(peak !== undefined, 'a proof of growth reads peaks and what was appended');
    return peak;
  };
}

/** Each peak covers as many leaves as its bit of the size says, largest first. */
function peaksByPlace(frontier: Frontier): ReadonlyMap<string, Uint8Array> {
  const { size, peaks } = frontier.serialise();
  const places = new Map<string, Uint8Array>();
  let start = 0;
  for (const peak of peaks) {
    let level = 0;
    while (2 ** (level + 1) <= size - start) level += 1;
    places.set(placeName(level, start / 2 ** level), peak);
    start += 2 ** level;
  }
  return places;
}

function placeName(level: number, index: number): string {
  return `${level}/${index}`;
}
