import { checkRead } from '@ioi/agentgres';
import type { StateQuestion } from '@ioi/agentgres/shell';
import type { HeadText, ProposedOperation } from '@ioi/law';
import { hashOf, writeContract } from '@ioi/law/testing';
import type { HeadKey } from '@ioi/protocol';
import { ACCOUNTS, accountClass, noteClass, Operations } from './operations.ts';
import { wrongAnswer } from './reads.ts';
import { Broken, type Replay } from './replay.ts';
import type { SimNode } from './sim-node.ts';
import type { World } from './world.ts';

/** Operations that may be said again later. */
const REMEMBERED = 40;

const SHORT = new Error('entries are missing');
const LEVELS = ['cached_projection', 'linearized_domain'] as const;
/** How often a reader is asked again that has not heard of a commit yet. */
const PATIENCE = 20;

type Said = { readonly domain: string; readonly operation: ProposedOperation };

/** Whoever uses the node: several at once, in no order, some of them twice. */
export class Clients {
  readonly #world: World;
  readonly #node: SimNode;
  readonly #operations: Operations;
  readonly #said: Said[] = [];

  constructor(world: World, node: SimNode) {
    this.#world = world;
    this.#node = node;
    this.#operations = new Operations(world);
  }

  /** Domains, classes and accounts; before anything goes wrong. */
  async begin(): Promise<void> {
    const { identity } = this.#world;
    const operations = this.#operations;
    const register = operations.over('boundary/contract.register', { contract: writeContract });
    await this.#must(identity.nodeDomain, [register]);
    for (const domain of identity.domains) {
      if (this.#world.broken !== undefined) return;
      const open = operations.over('domain/open', { domain_id: domain });
      await this.#must(identity.nodeDomain, [open]);
      await this.#world.drive(this.#node.openNew(domain));
      await this.#must(domain, [operations.principal()]);
      const classes = [accountClass, noteClass];
      const defined = classes.map((each) => operations.over('objects/class.define', each));
      await this.#must(domain, defined);
      const accounts = Array.from({ length: ACCOUNTS }, (_, at) => operations.account(at));
      await this.#must(domain, accounts);
    }
  }

  /** Says something new somewhere. */
  say(): void {
    const { chance, identity } = this.#world;
    const domain = chance.pick(identity.domains);
    if (chance.oneIn(6)) this.#say(identity.nodeDomain, this.#operations.ofNode());
    else if (chance.oneIn(3)) this.#transfer(domain);
    else this.#say(domain, this.#operations.ofNotes(domain));
  }

  /** Says something again that was said before, answered or not. */
  repeat(): void {
    if (this.#said.length === 0) return;
    const { domain, operation } = this.#world.chance.pick(this.#said);
    this.#node.submit(domain, operation);
  }

  /** Reads objects, a class, or entries, and holds what comes back to replay. */
  read(): void {
    const { chance, identity } = this.#world;
    const domain = chance.pick(identity.domains);
    const key = { headClass: 'object.Note', id: this.#operations.noteId() };
    const keys = [key, accountKey(chance.below(ACCOUNTS))];
    const kind = chance.weighted({ query: 3, entries: 2, listing: 2, objects: 3 });
    if (kind === 'query') this.#query(domain, chance.pick(LEVELS));
    else if (kind === 'entries') this.#readEntries(chance.pick(identity.logs));
    else if (kind === 'objects') this.#ask(domain, { kind, keys });
    else this.#ask(domain, { kind, headClass: key.headClass });
  }

  /** One more operation in every log; false when one of them takes none. */
  async mayStillSpeak(): Promise<string | undefined> {
    const { identity } = this.#world;
    for (const domain of identity.logs) {
      const isNode = domain === identity.nodeDomain;
      const contract = { ...writeContract, tool: `after_${hashOf(domain).slice(-8)}` };
      const operation = isNode
        ? this.#operations.over('boundary/contract.register', { contract })
        : this.#operations.over('objects/put', {
            object_class: 'Note',
            id: 'last',
            value: { text: 'last' },
          });
      this.#node.submit(domain, operation);
      await this.#world.schedule.quiet(1_000);
      const asked = this.#world.oracle.asked.get(operation.operation_id);
      if (asked?.text === undefined) return `${domain} takes nothing any more`;
    }
    return undefined;
  }

  async #must(domain: string, operations: readonly ProposedOperation[]): Promise<void> {
    for (const operation of operations) this.#node.submit(domain, operation);
    await this.#world.schedule.quiet(1_000);
    for (const { operation_id } of operations) {
      const asked = this.#world.oracle.asked.get(operation_id);
      if (asked?.text === undefined) this.#world.violate(`${domain} did not begin`);
    }
  }

  #say(domain: string, operation: ProposedOperation): void {
    this.#said.push({ domain, operation });
    if (this.#said.length > REMEMBERED) this.#said.shift();
    this.#node.submit(domain, operation);
    if (this.#world.chance.oneIn(12)) this.#node.submit(domain, operation);
  }

  /** Reads two accounts and moves something, as several others may just then. */
  #transfer(domain: string): void {
    const from = this.#world.chance.below(ACCOUNTS);
    const to = (from + 1 + this.#world.chance.below(ACCOUNTS - 1)) % ACCOUNTS;
    const keys = [accountKey(from), accountKey(to)];
    this.#ask(domain, { kind: 'objects', keys }, (heads, size) => {
      const [payer, payee] = heads;
      if (payer && payee) this.#say(domain, this.#operations.transfer(payer, payee, size));
    });
  }

  #ask(
    domain: string,
    question: StateQuestion,
    onHeads: (heads: readonly HeadText[], size: number) => void = () => {},
  ): void {
    const { chance, oracle, trace } = this.#world;
    const opened = this.#node.opened(domain);
    if (opened.length === 0) return;
    const { run, log } = chance.pick(opened);
    log.writer.prove(question).then(
      (answer) => {
        if (!run.process.isAlive) return;
        const { size } = answer;
        trace.note(run.process.name, `proves ${question.kind} of ${domain} at ${size}`);
        trace.count(`read.${question.kind}`);
        const check = (replay: Replay) => wrongAnswer(question, answer, replay);
        this.#world.hold(() => oracle.replay(domain).expect({ size, check }));
        if (answer.kind === 'objects')
          onHeads(
            answer.heads.flatMap(({ head }) => head ?? []),
            size,
          );
      },
      (fault) => this.#node.stop(run, fault),
    );
  }

  /** Asks a reader, and again until it stands where the level wants it. */
  #query(domain: string, level: (typeof LEVELS)[number]): void {
    const { oracle, trace, schedule, readers, settings } = this.#world;
    const committed = oracle.acknowledged(domain);
    const ask = (left: number): void => {
      const read = readers.get(domain)?.read(level, committed);
      if (read === undefined && left > 0) schedule.within(settings.slowness, () => ask(left - 1));
      if (read === undefined) return;
      const { watermark } = read.answer;
      trace.note('reader', `answers ${level} of ${domain} at ${watermark}`);
      trace.count(`read.${level}`);
      const size = Number(watermark.split(':')[1]) + 1;
      const check = ({ texts }: Replay): string | undefined => {
        const checked = checkRead(read, texts);
        return checked.ok ? undefined : `${checked.error.code}: ${checked.error.message}`;
      };
      this.#world.hold(() => oracle.replay(domain).expect({ size, check }));
    };
    ask(PATIENCE);
  }

  /** What is sealed already, as the store has it now. */
  #readEntries(domain: string): void {
    const { chance, oracle, trace } = this.#world;
    const opened = this.#node.opened(domain);
    const { texts } = oracle.replay(domain);
    if (opened.length === 0 || texts.length === 0) return;
    const { run, log } = chance.pick(opened);
    const from = chance.below(texts.length);
    const wanted = texts.slice(from);
    const read = async () => log.store.entries(BigInt(from), BigInt(from + wanted.length));
    read().then(
      (entries) => {
        if (!run.process.isAlive) return;
        trace.count('read.entries');
        if (entries.length < wanted.length) return this.#world.fault('a client', SHORT);
        const isSame = entries.map(({ text }) => text).join('\n') === wanted.join('\n');
        this.#world.hold(() => {
          if (!isSame) throw new Broken(`entries of ${domain} from ${from} are not those sealed`);
        });
      },
      (fault) => this.#node.stop(run, fault),
    );
  }
}

function accountKey(at: number): HeadKey {
  return { headClass: 'object.Account', id: `a${at}` };
}
