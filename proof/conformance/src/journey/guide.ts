/** The lines of a guide's `sh` blocks, in order, without what is said about them. */
export function shellLines(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^```sh\n([\s\S]*?)^```$/gm)]
    .flatMap(([, block = '']) => block.split('\n'))
    .map((line) => line.replace(/(^|\s+)#.*$/, '').trim())
    .filter((line) => line !== '');
}

/** A guide that somebody follows line by line: none is left out, and none taken before its turn. */
export class Guide {
  readonly #lines: string[];

  constructor(markdown: string) {
    this.#lines = [...shellLines(markdown)];
  }

  /** Its next line, which should be about this. */
  next(about: RegExp): string {
    const [line] = this.#lines;
    if (line === undefined) throw new Error(`the guide ends where ${about.source} is wanted`);
    if (!about.test(line)) throw new Error(`the guide says \`${line}\`, not ${about.source}`);
    this.#lines.shift();
    return line;
  }

  get left(): readonly string[] {
    return this.#lines;
  }
}
