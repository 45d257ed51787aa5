import { type KeyboardEvent, type ReactNode, useId, useRef, useState } from 'react';
import { SURFACE, TONES, type Tone } from '../parts.tsx';
import { BOX, type GraphEdge, type Layout, layoutOf, neighbourOf } from './layout.ts';

export type GraphNode = {
  readonly id: string;
  readonly title: string;
  /** A word below it. */
  readonly about: string;
  readonly tone: Tone;
};

type GraphProps = {
  /** What it is, for whoever does not see it. */
  readonly label: string;
  readonly layers: readonly (readonly string[])[];
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  /** More of the one that is chosen. */
  readonly children: (id: string) => ReactNode;
};

/**
 * What waits for what. It is a list in the order in which things happen, each with what comes
 * before it, drawn side by side: arrow keys walk along the lines.
 */
export function Graph({ label, layers, nodes, edges, children }: GraphProps) {
  const order = layers.flat();
  const [chosen, setChosen] = useState(order[0]);
  const at = chosen !== undefined && order.includes(chosen) ? chosen : order[0];
  const buttons = useRef(new Map<string, HTMLButtonElement>());
  const { width, height, spots, lines } = layoutOf(layers, edges);
  const walk = (event: KeyboardEvent): void => {
    const next = at === undefined ? undefined : neighbourOf(at, event.key, { layers, edges });
    if (next === undefined) return;
    event.preventDefault();
    setChosen(next);
    buttons.current.get(next)?.focus();
  };
  const named = new Map(nodes.map((node) => [node.id, node]));
  return (
    <figure aria-label={label}>
      <div className={`overflow-x-auto ${SURFACE}`}>
        <ol className="relative" style={{ width, height }} onKeyDown={walk}>
          <Lines lines={lines} />
          {order.map((id) => (
            <li key={id} className="absolute" style={{ ...spots.get(id), ...BOX }}>
              <Box
                node={named.get(id) ?? { id, title: id, about: '', tone: 'plain' }}
                after={edges.filter(({ to }) => to === id).map(({ from }) => from)}
                isChosen={id === at}
                onChoose={() => setChosen(id)}
                hold={(button) => {
                  if (button === null) buttons.current.delete(id);
                  else buttons.current.set(id, button);
                }}
              />
            </li>
          ))}
        </ol>
      </div>
      <figcaption className="mt-2" aria-live="polite">
        {at === undefined ? null : children(at)}
      </figcaption>
    </figure>
  );
}

type BoxProps = {
  readonly node: GraphNode;
  readonly after: readonly string[];
  readonly isChosen: boolean;
  readonly onChoose: () => void;
  readonly hold: (button: HTMLButtonElement | null) => void;
};

const FRAME =
  'flex size-full flex-col justify-center gap-0.5 overflow-hidden rounded border px-2 text-left ' +
  'aria-[current]:border-2 aria-[current]:border-blue-700 dark:aria-[current]:border-blue-300 ' +
  'border-slate-400 dark:border-slate-600';

/** One of them is reached by Tab, the others from it by arrow keys. */
function Box({ node, after, isChosen, onChoose, hold }: BoxProps) {
  return (
    <button
      type="button"
      ref={hold}
      tabIndex={isChosen ? 0 : -1}
      aria-current={isChosen ? 'step' : undefined}
      onClick={onChoose}
      onFocus={onChoose}
      className={`${FRAME} ${TONES[node.tone]}`}
    >
      <span className="truncate font-mono text-sm">{node.title}</span>
      <span className="truncate text-sm">{node.about}</span>
      <span className="sr-only">
        {after.length === 0 ? ', first' : `, after ${after.join(', ')}`}
      </span>
    </button>
  );
}

const STROKES: Readonly<Record<GraphEdge['kind'], string>> = {
  sure: 'stroke-slate-600 dark:stroke-slate-300',
  maybe: 'stroke-slate-600 dark:stroke-slate-300 [stroke-dasharray:6_4]',
  instead: 'stroke-red-700 dark:stroke-red-400 [stroke-dasharray:2_4]',
};

/** What each item says in words. */
function Lines({ lines }: Pick<Layout, 'lines'>) {
  const head = useId();
  return (
    <li aria-hidden="true" className="absolute inset-0">
      <svg aria-hidden="true" className="size-full">
        <defs>
          <marker
            id={head}
            viewBox="0 0 8 8"
            refX="8"
            refY="4"
            markerWidth="7"
            markerHeight="7"
            orient="auto"
          >
            <path d="M0,0 L8,4 L0,8 z" className="fill-slate-600 dark:fill-slate-300" />
          </marker>
        </defs>
        {lines.map(({ edge, path }, at) => (
          <path
            // Several may join the same two, and none has a state.
            // biome-ignore lint/suspicious/noArrayIndexKey: lines are drawn anew all together
            key={at}
            d={path}
            fill="none"
            strokeWidth="1.5"
            markerEnd={`url(#${head})`}
            className={STROKES[edge.kind]}
          />
        ))}
      </svg>
    </li>
  );
}
