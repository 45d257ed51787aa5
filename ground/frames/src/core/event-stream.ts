export type StreamEvent = { readonly event: string; readonly id: string; readonly data: string };

/** Whole events at the beginning of a text of server-sent events, and what is left of it. */
export function eventsIn(text: string): { events: StreamEvent[]; rest: string } {
  const blocks = text.split('\n\n');
  const rest = blocks.pop() ?? '';
  const events = blocks.map((block) => {
    const fields = new Map<string, string>();
    for (const line of block.split('\n')) {
      const colon = line.indexOf(': ');
      if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 2));
    }
    const of = (name: string): string => fields.get(name) ?? '';
    return { event: of('event'), id: of('id'), data: of('data') };
  });
  return { events: events.filter(({ event }) => event !== ''), rest };
}
