import { until } from '@ioi/basis/testing';
import type { Page } from './workbench-kit.ts';

/** What Chromium hands to a screen reader of one thing. */
type Spoken = { readonly role: string; readonly name: string; readonly description: string };

type Value = { readonly value?: unknown };
type AxNode = {
  readonly nodeId: string;
  readonly ignored: boolean;
  readonly role?: Value;
  readonly name?: Value;
  readonly description?: Value;
  readonly childIds?: readonly string[];
  readonly properties?: readonly { readonly name: string; readonly value: Value }[];
};

/** Reads a page as who cannot see it does: by the accessibility tree of the browser. */
export class ScreenReader {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** What has the focus, as it is announced. */
  async focused(): Promise<Spoken> {
    const nodes = await this.#tree();
    const all = nodes.filter((node) => !node.ignored && propertyOf(node, 'focused') === true);
    // The document has it as well as what is in it.
    const { role, name, description } = all.at(-1) ?? {};
    const [said, named, more] = [role, name, description].map((each) => String(each?.value ?? ''));
    return { role: said ?? '', name: named ?? '', description: more ?? '' };
  }

  /** Waits until a live region says it. */
  async hears(words: RegExp): Promise<void> {
    await until(`it says ${words}`, async () =>
      (await this.#live()).some((each) => words.test(each)),
    );
  }

  /** The names of what can be pressed, in their order. */
  async buttons(): Promise<string[]> {
    const nodes = await this.#tree();
    const pressed = nodes.filter(({ ignored, role }) => !ignored && role?.value === 'button');
    return pressed.map(({ name }) => String(name?.value));
  }

  /** The texts of regions that announce what changes in them. */
  async #live(): Promise<string[]> {
    const nodes = await this.#tree();
    const byId = new Map(nodes.map((node) => [node.nodeId, node]));
    const textOf = (node: AxNode | undefined): string => {
      if (node === undefined) return '';
      if (node.role?.value === 'StaticText') return String(node.name?.value);
      return (node.childIds ?? []).map((id) => textOf(byId.get(id))).join(' ');
    };
    return nodes.filter((node) => propertyOf(node, 'live') === 'polite').map(textOf);
  }

  async #tree(): Promise<readonly AxNode[]> {
    const cdp = await this.#page.context().newCDPSession(this.#page);
    try {
      return (await cdp.send('Accessibility.getFullAXTree')).nodes as readonly AxNode[];
    } finally {
      await cdp.detach();
    }
  }
}

function propertyOf({ properties = [] }: AxNode, wanted: string): unknown {
  return properties.find(({ name }) => name === wanted)?.value.value;
}
